"""What comes in the path, the query and the headers of a request."""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from bentos.analyst.api import Limit, SymbolName, Window
from bentos.analyst.languages import LANGUAGES, choose_language
from bentos.analyst.providers.http import read_retry_after
from bentos.analyst.wording import Language
from bentos.core.errors import InvalidFields, UnknownResource, UnsupportedMediaType
from bentos.core.json_bodies import require_json
from bentos.core.parameters import read_headers, read_path, read_query
from bentos.core.router import Template
from bentos.core.tracing import MOST_ID_BYTES, choose_request_id, continue_trace
from tests.fuzz.battles import check_refusal
from tests.fuzz.target import Check, Target

QUERY = {"limit": Window, "symbol": SymbolName, "lang": Language, "most": Limit}
SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,15}")
NUMBER = re.compile(r"0|-?[1-9][0-9]*")
TEMPLATE = Template("/api/v1/pokemon/{id}/counters")


def plain_query(query: bytes) -> dict[str, Any] | None:
    """Return the parameters that a query names, or None if one of them is wrong."""
    found: dict[str, Any] = {}
    for part in filter(None, query.split(b"&")):
        name, _, value = (
            unquote_to_bytes(one.replace(b"+", b" ")).decode("utf-8", "replace") for one in _halves(part)
        )
        if name in found or not _is_right(name, value):
            return None
        found[name] = int(value) if name in ("limit", "most") else value
    return found


def _halves(part: bytes) -> tuple[bytes, bytes, bytes]:
    return part.partition(b"=")


def _is_right(name: str, value: str) -> bool:
    if name in ("limit", "most"):
        least = 2 if name == "limit" else 1
        return NUMBER.fullmatch(value) is not None and len(value) < 10 and least <= int(value) <= 1000
    return (name == "symbol" and SYMBOL.fullmatch(value) is not None) or (
        name == "lang" and value in LANGUAGES
    )


def _make_query() -> Check:
    def check(query: bytes) -> str:
        # A server hands on what is printable in ASCII only: anything else ends in its own parser.
        query = bytes(byte for byte in query if 0x20 < byte < 0x7F and byte not in b"#")
        try:
            found = read_query(query, QUERY)
        except InvalidFields as error:
            check_refusal(error)
            assert plain_query(query) is None, "refused, and is sound"
            return "refused"
        assert found == plain_query(query)
        return "accepted"

    return check


def _make_path() -> Check:
    def check(data: bytes) -> str:
        path = "/api/v1/pokemon/" + data.decode("latin-1").replace("\0", "/counters")
        values = TEMPLATE.match(path)
        if values is None:
            return "another path"
        segment = path.removeprefix("/api/v1/pokemon/").removesuffix("/counters")
        assert values == {"id": segment}
        try:
            found = read_path(values, {"id": int})
        except UnknownResource as error:
            check_refusal(error)
            assert NUMBER.fullmatch(segment) is None or len(segment) > 18, "refused, and is a number"
            return "refused"
        assert found == {"id": int(segment)}
        return "accepted"

    return check


def _make_headers() -> Check:
    def check(value: bytes) -> str:
        outcome = [_check_media_type(value), _check_trace(value)]
        request_id = choose_request_id(value)
        assert 0 < len(request_id) <= MOST_ID_BYTES
        assert re.fullmatch(rb"[A-Za-z0-9._-]+", request_id)
        (text,) = read_headers({b"accept-language": value}, {"accept-language": "it"}).values()
        assert choose_language(None, text) in LANGUAGES
        pause = read_retry_after({"retry-after": value.decode("latin-1")})
        assert pause is None or 0 < pause < float("inf")
        return " ".join(outcome)

    return check


def _check_media_type(value: bytes) -> str:
    try:
        require_json(value)
    except UnsupportedMediaType as error:
        check_refusal(error)
        return "other"
    assert value.decode("latin-1").split(";")[0].strip().lower() == "application/json"
    return "json"


def _check_trace(value: bytes) -> str:
    trace = continue_trace(value)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", trace.traceparent())
    assert not trace.parent_id or re.fullmatch(r"[0-9a-f]{16}", trace.parent_id)
    return "continued" if trace.parent_id else "begun"


TARGETS = (
    Target(
        name="query",
        make=_make_query,
        seeds=(b"limit=24&symbol=BTC&lang=fr", b"limit=%32%34&most=1", b"symbol=e+t%C3%A9&x=&&="),
        words=(
            b"limit=",
            b"&symbol=",
            b"&lang=en",
            b"&most=1000",
            b"%00",
            b"%ff",
            b"%u0041",
            b"%",
            b"+",
            b";",
        ),
    ),
    Target(
        name="path",
        make=_make_path,
        seeds=(b"25\x00", b"10026\x00", b"/25\x00", b"-1\x00", "٢٥".encode() + b"\x00"),
        words=(b"\x00", b"/counters", b"..", b"//", b"1_000", b" 25", b"0x19", b"+25", b"025"),
    ),
    Target(
        name="headers",
        make=_make_headers,
        seeds=(
            *(b"application/json; charset=utf-8", b"text/plain", b"fr;q=0.8, en;q=0.5, *;q=nan", b"120"),
            *(b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", b"Wed, 21 Oct 2115 07:28:00 GMT"),
        ),
        words=(b"application/json", b";charset=", b"utf-16", b'"', b",en;q=1e-9", b"-0700", b"inf", b"00-"),
    ),
)
