"""Which ids are kept, and which are made."""

import pytest

from bentos.core.tracing import MOST_ID_BYTES, TraceContext, choose_request_id, continue_trace

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize("offered", [b"a", b"A-1_b.2", b"x" * MOST_ID_BYTES])
def test_usable_request_id_is_kept(offered: bytes) -> None:
    assert choose_request_id(offered) == offered


@pytest.mark.parametrize(
    "offered", [None, b"", b"x" * (MOST_ID_BYTES + 1), b"a b", b"a\n", b"a;b", "é".encode(), b"{}"]
)
def test_other_request_ids_are_replaced(offered: bytes | None) -> None:
    made = choose_request_id(offered)
    assert made != offered
    assert choose_request_id(made) == made


def test_made_request_ids_are_unique() -> None:
    assert len({choose_request_id(None) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "header", [f"00-{TRACE}-{PARENT}-01", f"cc-{TRACE}-{PARENT}-01-later", f" 00-{TRACE}-{PARENT}-01 "]
)
def test_trace_is_continued_under_a_span_of_our_own(header: str) -> None:
    context = continue_trace(header.encode())
    assert (context.trace_id, context.parent_id, context.flags) == (TRACE, PARENT, "01")
    assert len(context.span_id) == 16
    assert context.span_id != PARENT


@pytest.mark.parametrize(
    "header",
    [
        None,
        b"",
        b"nonsense",
        f"00-{TRACE}-{PARENT}".encode(),
        f"00-{TRACE}-{PARENT}-01-more".encode(),
        f"ff-{TRACE}-{PARENT}-01".encode(),
        f"00-{TRACE.upper()}-{PARENT}-01".encode(),
        f"00-{TRACE[:-1]}g-{PARENT}-01".encode(),
        f"00-{'0' * 32}-{PARENT}-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        f"00-{TRACE}0-{PARENT[1:]}-01".encode(),
        b"\xff" * 55,
    ],
)
def test_trace_begins_anew_where_none_can_be_read(header: bytes | None) -> None:
    context = continue_trace(header)
    assert (context.parent_id, context.flags) == ("", "00")
    assert len(context.trace_id) == 32
    assert context.trace_id != TRACE


def test_trace_is_passed_on() -> None:
    assert TraceContext(TRACE, PARENT, flags="01").traceparent() == f"00-{TRACE}-{PARENT}-01"
