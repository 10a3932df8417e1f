"""What a request asks for, read without a parser.

An overloaded process refuses most requests, and parsing one costs half of what refusing it does. The ordinary
ones can be told by a look at their bytes; about all others nothing is said here, and the parser decides.
"""

from typing import NamedTuple

_KINDS = {
    b"x-request-id": "id",
    b"content-length": "length",
    b"connection": "connection",
    b"transfer-encoding": "unusual",
    b"expect": "unusual",
    b"upgrade": "unusual",
}
"""The headers that matter here."""


class Glance(NamedTuple):
    """One whole request that leaves its connection open."""

    method: bytes
    url: bytes
    request_id: bytes | None
    body_bytes: int = 0


def glance(data: bytes) -> Glance | None:
    """Return what the request in `data` asks for; None if it is not exactly one ordinary, whole request."""
    line_end, head_end = data.find(b" HTTP/1.1\r\n"), data.find(b"\r\n\r\n")
    method, _, url = data[:line_end].partition(b" ")
    if not 0 < line_end < head_end or not method.isalpha() or url[:1] != b"/" or url.split() != [url]:
        return None
    lines = data[line_end + 11 : head_end].split(b"\r\n")
    # A line that ends otherwise may hide a header from this look that the parser, or a proxy, would see.
    if data.count(b"\n", 0, head_end) != len(lines) or data.count(b"\r", 0, head_end) != len(lines):
        return None
    body_bytes, request_id = -1, None
    for line in lines:
        name, _, value = line.partition(b":")
        kind = _KINDS.get(name.strip().lower())
        if kind is None:
            continue
        value = value.strip()
        if kind == "id":
            request_id = value
        elif kind == "length" and body_bytes < 0 and value.isdigit() and len(value) < 10:
            body_bytes = int(value)
        elif kind != "connection" or value.lower() != b"keep-alive":
            return None
    body_bytes = max(body_bytes, 0)
    return Glance(method, url, request_id, body_bytes) if len(data) == head_end + 4 + body_bytes else None
