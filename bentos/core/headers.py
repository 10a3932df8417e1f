"""The headers that answers start with, encoded once.

The set for every answer is OWASP's for REST services (REST Security Cheat Sheet, "Security Headers"): nothing
is cached, framed, sniffed or loaded, and browsers that came over TLS stay on it. The pages for people need
their own scripts, so they get a wider Content-Security-Policy, which still names no other host.
"""

from collections.abc import Iterable, Sequence

from bentos.core.asgi import Header

NOTHING_LOADS = b"default-src 'none'; frame-ancestors 'none'"
OWN_FILES_LOAD = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
NOT_STORED = b"no-store"
STORED_FOR_A_DAY = b"public, max-age=86400"

CLOSE = b"connection: close\r\n"

JSON = b"application/json"
PROBLEM_JSON = b"application/problem+json"
HTML = b"text/html; charset=utf-8"
EVENT_STREAM = b"text/event-stream"


def security_headers(policy: bytes = NOTHING_LOADS, cache: bytes = NOT_STORED) -> tuple[Header, ...]:
    """Return the headers that every answer carries, with this Content-Security-Policy and Cache-Control."""
    return (
        (b"cache-control", cache),
        (b"content-security-policy", policy),
        (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
    )


class Head(list[Header]):
    """The headers that some answers start with; `encoded` is the same as lines of HTTP/1.1."""

    def __init__(self, headers: Iterable[Header]) -> None:
        super().__init__(headers)
        self.closes = False
        """Whether these headers end the connection."""
        self.encoded = encode_headers(self)

    def close_connection(self) -> None:
        """Have every later answer end its connection."""
        self.append((b"connection", b"close"))
        self.closes = True
        self.encoded = encode_headers(self)


class ResponseHeads:
    """Makes the heads of answers, and changes them all when the process starts to stop.

    They are shared with whoever asked for them: answering costs no decision about connections.
    """

    def __init__(self) -> None:
        self._heads: list[Head] = []

    def make(self, content_type: bytes | None, security: Sequence[Header] | None = None) -> Head:
        """Return a head for answers of this content type; None for answers without content."""
        headers = list(security_headers() if security is None else security)
        if content_type is not None:
            headers.insert(0, (b"content-type", content_type))
        self._heads.append(Head(headers))
        return self._heads[-1]

    def close_connections(self) -> None:
        """From now on every answer tells the client to connect anew, which takes it to another replica."""
        for head in self._heads:
            head.close_connection()


def encode_headers(headers: Iterable[Header]) -> bytes:
    """Return headers as lines of HTTP/1.1."""
    return b"".join(b"%b: %b\r\n" % header for header in headers)
