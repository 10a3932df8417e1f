"""Who may call: API keys, known here only by their SHA-256 digests.

A key comes in `X-API-Key`, or as `Authorization: Bearer`, the only way that BentoML's Python client knows. It
is 256 random bits, so a fast hash is enough: there is nothing to guess. Digests are compared in constant
time.
"""

import hashlib
import hmac
import ipaddress
import string
from collections.abc import Sequence
from typing import Protocol

from bentos.core.errors import SettingsError, Unauthorized
from bentos.core.exchange import Exchange
from bentos.core.settings import AuthSettings

_DIGEST_BYTES = 32


class Guard(Protocol):
    """Decides who may call; `wants_key` says whether a key is all that is needed."""

    wants_key: bool

    def admit(self, exchange: Exchange) -> None:
        """Raise Unauthorized unless this request may be answered."""
        ...


class KeyRing:
    """Admits who has one of the accepted keys."""

    wants_key = True

    def __init__(self, digests: Sequence[bytes]) -> None:
        self._digests = tuple(digests)

    def admit(self, exchange: Exchange) -> None:
        """Raise Unauthorized unless the request carries an accepted key."""
        key = key_of(exchange)
        if not key:
            raise Unauthorized("The request has no X-API-Key header.")
        digest = hashlib.sha256(key).digest()
        accepted = False
        for known in self._digests:
            accepted |= hmac.compare_digest(digest, known)
        if not accepted:
            raise Unauthorized("The X-API-Key is not a known one.")


class LoopbackOnly:
    """Admits who calls from this machine; for servers that don't say where they listen."""

    wants_key = False

    def admit(self, exchange: Exchange) -> None:
        """Raise Unauthorized unless both ends of the connection are on this machine."""
        ends = exchange.scope.get("client"), exchange.scope.get("server")
        if not all(end and is_loopback(end[0]) for end in ends):
            raise Unauthorized(
                "Without API keys only callers on the same machine are answered: "
                "set EKIBEN_AUTH_KEY_DIGESTS, or EKIBEN_AUTH_MODE=off to let anyone call."
            )


def open_guard(settings: AuthSettings, host: str | None) -> Guard | None:
    """Return who guards a process that listens on `host`, or None if anyone may call. `host` is None if
    another server listens for us and does not tell where.

    Raises SettingsError if a digest is none, or if keys are needed but there are no digests: a process that
    can be reached from elsewhere asks for keys unless it is told not to.
    """
    digests = parse_digests(settings.key_digests)
    if settings.mode == "off":
        return None
    if digests:
        return KeyRing(digests)
    if settings.mode == "on":
        raise SettingsError("EKIBEN_AUTH_MODE is on, but EKIBEN_AUTH_KEY_DIGESTS names no key digest.")
    if host is None:
        return LoopbackOnly()
    if is_loopback(host):
        return None
    raise SettingsError(
        f"Listening on {host} without API keys is refused: set EKIBEN_AUTH_KEY_DIGESTS, "
        "or EKIBEN_AUTH_MODE=off to let anyone call."
    )


def parse_digests(digests: str) -> tuple[bytes, ...]:
    """Return the 32 bytes of each digest in a comma-separated list of SHA-256 hex digests. Raises
    SettingsError."""
    written = [digest.strip() for digest in digests.split(",") if digest.strip()]
    for position, digest in enumerate(written, start=1):
        if len(digest) != 2 * _DIGEST_BYTES or not set(digest) <= set(string.hexdigits):
            raise SettingsError(
                f"EKIBEN_AUTH_KEY_DIGESTS: digest {position} is not a SHA-256 "
                f"of {2 * _DIGEST_BYTES} hex digits."
            )
    return tuple(bytes.fromhex(digest) for digest in written)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a socket bound to `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def key_of(exchange: Exchange) -> bytes | None:
    """Return the key that a request comes with, be it an accepted one or not."""
    return exchange.headers.get(b"x-api-key") or _bearer(exchange.headers.get(b"authorization"))


def _bearer(authorization: bytes | None) -> bytes | None:
    scheme, _, credentials = (authorization or b"").partition(b" ")
    return credentials.strip() if scheme.lower() == b"bearer" else None
