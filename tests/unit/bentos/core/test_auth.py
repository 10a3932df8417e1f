"""Who is let in, and when a process must not start."""

import hashlib
import itertools

import pytest

from bentos.core.auth import Guard, KeyRing, LoopbackOnly, is_loopback, open_guard, parse_digests
from bentos.core.errors import SettingsError, Unauthorized
from bentos.core.exchange import Exchange
from bentos.core.settings import AuthSettings
from tests.support.exchanges import exchange

KEYS = ("old key", "new key")
DIGESTS = [hashlib.sha256(key.encode()).hexdigest() for key in KEYS]
EVERYWHERE = ".".join("0000")


def admits(guard: Guard, asked: Exchange) -> bool:
    try:
        guard.admit(asked)
    except Unauthorized:
        return False
    return True


@pytest.mark.parametrize("key", KEYS)
def test_each_of_several_keys_is_accepted(key: str) -> None:
    ring = KeyRing(parse_digests(",".join(DIGESTS)))
    assert admits(ring, exchange(headers={"x-api-key": key}))
    assert admits(ring, exchange(headers={"authorization": f"bearer {key}"}))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": ""},
        {"x-api-key": "old key "},
        {"x-api-key": DIGESTS[0]},
        {"authorization": "old key"},
        {"authorization": "Basic old key"},
        {"authorization": "Bearer"},
        {"x-api-key": "wrong", "authorization": "Bearer old key"},
    ],
)
def test_anything_else_is_not(headers: dict[str, str]) -> None:
    assert not admits(KeyRing(parse_digests(DIGESTS[0])), exchange(headers=headers))


@pytest.mark.parametrize("digests", ["abc", DIGESTS[0][:-1], DIGESTS[0][:-1] + "g", f"{DIGESTS[0]},secret"])
def test_digest_that_is_none_is_refused_without_repeating_it(digests: str) -> None:
    with pytest.raises(SettingsError, match=r"EKIBEN_AUTH_KEY_DIGESTS: digest [12] is not") as refusal:
        parse_digests(digests)
    assert digests.rpartition(",")[2] not in str(refusal.value)


def test_digests_may_be_spaced_and_written_large() -> None:
    assert parse_digests(f" {DIGESTS[0].upper()} ,{DIGESTS[1]},") == tuple(map(bytes.fromhex, DIGESTS))


@pytest.mark.parametrize(
    ("mode", "host", "with_keys", "expected"),
    [
        ("auto", "127.0.0.1", False, None),
        ("auto", "::1", False, None),
        ("auto", "localhost", False, None),
        ("auto", "127.0.0.1", True, KeyRing),
        ("auto", EVERYWHERE, True, KeyRing),
        ("auto", None, True, KeyRing),
        ("auto", None, False, LoopbackOnly),
        ("on", "127.0.0.1", True, KeyRing),
        ("off", "127.0.0.1", True, None),
        ("off", EVERYWHERE, False, None),
        ("off", None, False, None),
    ],
)
def test_guard_follows_mode_address_and_keys(
    mode: str, host: str | None, with_keys: bool, expected: type[Guard] | None
) -> None:
    settings = AuthSettings(mode=mode, key_digests=DIGESTS[0] if with_keys else "")
    guard = open_guard(settings, host)
    assert guard is None if expected is None else isinstance(guard, expected)


@pytest.mark.parametrize(
    ("mode", "host", "words"),
    [
        ("auto", EVERYWHERE, "Listening on 0.0.0.0 without API keys is refused"),
        ("auto", "10.1.2.3", "EKIBEN_AUTH_MODE=off to let anyone call"),
        ("auto", "battle.example", "without API keys is refused"),
        ("on", EVERYWHERE, "EKIBEN_AUTH_MODE is on, but EKIBEN_AUTH_KEY_DIGESTS names no key"),
        ("on", "127.0.0.1", "EKIBEN_AUTH_MODE is on"),
        ("on", None, "EKIBEN_AUTH_MODE is on"),
    ],
)
def test_process_that_should_ask_for_keys_but_has_none_does_not_start(
    mode: str, host: str | None, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        open_guard(AuthSettings(mode=mode), host)


LOCAL, REMOTE = ("127.0.0.1", 5), ("10.1.2.3", 5)


@pytest.mark.parametrize(("client", "server"), list(itertools.product([LOCAL, REMOTE, None], repeat=2)))
def test_loopback_only_wants_both_ends_on_this_machine(
    client: tuple[str, int] | None, server: tuple[str, int] | None
) -> None:
    admitted = admits(LoopbackOnly(), exchange(client=client, server=server))
    assert admitted == (client == LOCAL and server == LOCAL)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("", False),
        ("::", False),
    ],
)
def test_loopback_addresses_are_known(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
