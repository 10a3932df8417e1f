"""Bodies in JSON: which are taken for it, which are not, and which are large."""

from bentos.core.bodies import read_body
from bentos.core.errors import UnsupportedMediaType
from bentos.core.exchange import Exchange

JSON_TYPES = frozenset(
    {
        b"application/json",
        b"application/json; charset=utf-8",
        b"application/json;charset=utf-8",
        b"application/json; charset=UTF-8",
    }
)

UNDECLARED = "The request has a body but no Content-Type; send application/json."

INLINE_BODY_BYTES = 4096
"""A larger body, unless its handler is known to be quick, is not even decoded on the event loop."""


def has_large_body(exchange: Exchange) -> bool:
    """Return whether the body is too large for the event loop, or comes without its size."""
    declared = exchange.headers.get(b"content-length")
    return declared is None or int(declared) > INLINE_BODY_BYTES


async def read_json(exchange: Exchange, limit_bytes: int) -> bytes:
    """Return the body's bytes, which are declared to be JSON.

    Raises UnsupportedMediaType for any other Content-Type, and for none with a body: browsers send those from
    any page without asking first. Raises what `read_body` raises.
    """
    declared = require_declared_json(exchange)
    body = await read_body(exchange, limit_bytes)
    if declared is None and body:
        raise UnsupportedMediaType(UNDECLARED)
    return body


def require_json_body(exchange: Exchange, body: bytes) -> None:
    """Raise UnsupportedMediaType unless this body is declared to be JSON."""
    if require_declared_json(exchange) is None and body:
        raise UnsupportedMediaType(UNDECLARED)


def require_declared_json(exchange: Exchange) -> bytes | None:
    """Return the Content-Type. Raises UnsupportedMediaType if it is none of JSON, or if the body is
    compressed."""
    declared = exchange.headers.get(b"content-type")
    if declared not in JSON_TYPES and declared is not None:
        require_json(declared)
    if exchange.headers.get(b"content-encoding", b"identity") != b"identity":
        raise UnsupportedMediaType("Compressed bodies are not read; send it without Content-Encoding.")
    return declared


def require_json(declared: bytes) -> None:
    """Raise UnsupportedMediaType unless this Content-Type is JSON in UTF-8, be it oddly written."""
    media_type, *parameters = (part.strip().lower() for part in declared.decode("latin-1").split(";"))
    written = media_type[:100]
    if media_type != "application/json":
        raise UnsupportedMediaType(f"Content-Type {written!r} is not application/json.")
    for parameter in filter(None, parameters):
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise UnsupportedMediaType(f"JSON is UTF-8, not {value[:100]!r}.")
