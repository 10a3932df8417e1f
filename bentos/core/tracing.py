"""Who asked, and as part of what: request ids and W3C trace contexts.

A caller's `X-Request-ID` is kept if it is 1 to 128 of `A-Z a-z 0-9 . _ -`; anything else is replaced. A
caller's `traceparent` (https://www.w3.org/TR/trace-context/) is continued: its trace id stays, and this
process's part of the trace gets a span id of its own. The Recommendation knows no header for answers, so none
is sent: the caller has the trace id, and the request id comes back.
"""

import itertools
import secrets
import string

import msgspec

MOST_ID_BYTES = 128

_ID_BYTES = (string.ascii_letters + string.digits + "._-").encode()
_HEX_DIGITS = frozenset("0123456789abcdef")
_PROCESS_PREFIX = secrets.token_hex(6).encode()
_numbers = itertools.count(1)


class TraceContext(msgspec.Struct, frozen=True):
    """This process's place in a trace. Ids are lower-case hex; `parent_id` is empty where the trace begins
    here."""

    trace_id: str
    span_id: str
    parent_id: str = ""
    flags: str = "00"

    def traceparent(self) -> str:
        """Return the header that makes a call to another service part of this trace."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


def choose_request_id(offered: bytes | None) -> bytes:
    """Return the caller's id if it is usable, otherwise one that no other request of any process has."""
    if offered and len(offered) <= MOST_ID_BYTES and not offered.translate(None, _ID_BYTES):
        return offered
    return b"%b-%x" % (_PROCESS_PREFIX, next(_numbers))


def continue_trace(traceparent: bytes | None) -> TraceContext:
    """Return a context that continues the caller's trace, or begins one if there is none that can be read."""
    fields = (traceparent or b"").decode("latin-1").strip().split("-")
    if not _is_traceparent(fields):
        return TraceContext(trace_id=secrets.token_hex(16), span_id=secrets.token_hex(8))
    return TraceContext(
        trace_id=fields[1], span_id=secrets.token_hex(8), parent_id=fields[2], flags=fields[3]
    )


def _is_traceparent(fields: list[str]) -> bool:
    if len(fields) < 4 or (fields[0] == "00" and len(fields) != 4) or fields[0] == "ff":
        return False
    sizes = [len(field) for field in fields[:4]]
    if sizes != [2, 32, 16, 2] or not _HEX_DIGITS.issuperset("".join(fields[:4])):
        return False
    return fields[1].strip("0") != "" and fields[2].strip("0") != ""
