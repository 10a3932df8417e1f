"""Answers to those who are not let in."""

import asyncio
import json
from typing import Any

import pytest

from bentos.core.asgi import Message
from bentos.core.glance import Glance
from bentos.core.headers import ResponseHeads
from bentos.core.refusals import Refusals, is_below
from tests.support.exchanges import Sent


def asked(url: bytes, request_id: bytes | None = None) -> Glance:
    return Glance(b"POST", url, request_id)


def read(answer: bytes) -> tuple[bytes, dict[bytes, bytes], Any]:
    head, _, content = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines)
    assert len(headers) == len(lines)
    return status, headers, json.loads(content) if content else None


def test_problem_document_says_what_to_do() -> None:
    status, headers, document = read(Refusals(ResponseHeads()).encode(asked(b"/x"), [(b"date", b"today")]))
    assert status == b"HTTP/1.1 429 Too Many Requests"
    assert (headers[b"retry-after"], headers[b"date"]) == (b"1", b"today")
    assert headers[b"content-type"] == b"application/problem+json"
    assert (document["type"], document["status"]) == ("urn:ekiben:problem:overloaded", 429)
    assert int(headers[b"content-length"]) == len(json.dumps(document, separators=(",", ":")))


def test_usable_request_id_comes_back_and_others_are_replaced() -> None:
    refusals = Refusals(ResponseHeads())
    offers = (b"mine", b"two words", None)
    ids = [read(refusals.encode(asked(b"/", offer), ()))[1][b"x-request-id"] for offer in offers]
    assert ids[0] == b"mine"
    assert len({*ids, b"two words", b""}) == 5


@pytest.mark.parametrize("url", [b"/v2", b"/v2/models/tiny/infer", b"/v2?x"])
def test_protocol_has_errors_of_its_own_form(url: bytes) -> None:
    _, headers, document = read(Refusals(ResponseHeads(), speaks_protocol=True).encode(asked(url), ()))
    assert headers[b"content-type"] == b"application/json"
    assert list(document) == ["error"]
    _, headers, _ = read(Refusals(ResponseHeads()).encode(asked(url), ()))
    assert headers[b"content-type"] == b"application/problem+json"


def test_path_is_below_another_only_as_a_whole() -> None:
    assert not is_below(b"/v20", b"/v2")
    assert not is_below(b"/api/v2", b"/v2")


def test_process_that_stops_sends_clients_elsewhere() -> None:
    heads = ResponseHeads()
    refusals = Refusals(heads)
    before = refusals.closes
    heads.close_connections()
    assert (before, refusals.closes) == (False, True)
    assert read(refusals.encode(asked(b"/"), ()))[1][b"connection"] == b"close"


@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_application_refuses_with_the_same_answer(method: str) -> None:
    refusals, sent = Refusals(ResponseHeads()), Sent()
    scope = {"type": "http", "method": method, "raw_path": b"/x", "headers": [(b"x-request-id", b"mine")]}

    async def receive() -> Message:
        raise AssertionError("nothing of a refused request is read")

    asyncio.run(refusals.app(scope, receive, sent.send))
    _, headers, document = read(refusals.encode(asked(b"/x", b"mine"), ()))
    assert (sent[0]["status"], dict(sent[0]["headers"])) == (429, headers)
    assert sent.content == (b"" if method == "HEAD" else json.dumps(document, separators=(",", ":")).encode())


def test_refusal_closes_the_connection_once_at_most() -> None:
    heads = ResponseHeads()
    refusals = Refusals(heads)
    for _ in range(2):
        assert read(refusals.encode(asked(b"/"), (), closes=True))[1][b"connection"] == b"close"
        heads.close_connections()
        heads = ResponseHeads()


def test_further_headers_are_those_of_now() -> None:
    refusals = Refusals(ResponseHeads())
    for date in (b"today", b"tomorrow"):
        assert read(refusals.encode(asked(b"/"), [(b"date", date)]))[1][b"date"] == date
