"""How bodies are read: whole, within a bound, within a time."""

import asyncio
from collections.abc import Sequence

import pytest

from bentos.core import bodies
from bentos.core.asgi import Message
from bentos.core.bodies import read_body
from bentos.core.errors import BodyTooLarge, MalformedBody, RequestError
from bentos.core.exchange import ClientGone, Exchange
from tests.support.exchanges import exchange, part

CUT = (b"connection", b"close")


def read(messages: Sequence[Message], **headers: str) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(read_body(exchange(messages, named), 10))


def refusal(messages: Sequence[Message], **headers: str) -> BodyTooLarge:
    with pytest.raises(BodyTooLarge) as raised:
        read(messages, **headers)
    return raised.value


def test_body_comes_whole_or_in_parts() -> None:
    assert read([part(b"0123456789")]) == b"0123456789"
    assert read([part(b"01", more=True), part(b"", more=True), part(b"23")]) == b"0123"
    assert read([part(b"")]) == b""


def test_message_without_body_or_end_is_the_end() -> None:
    assert read([{"type": "http.request"}]) == b""


@pytest.mark.parametrize("messages", [[], [part(b"01", more=True)]])
def test_client_that_leaves_is_noticed(messages: list[Message]) -> None:
    with pytest.raises(ClientGone):
        read(messages)


async def refuse_and_count_unread(messages: Sequence[Message]) -> int:
    asked = exchange(messages)
    with pytest.raises(BodyTooLarge):
        await read_body(asked, 10)
    unread = 0
    while (await asked.receive())["type"] != "http.disconnect":
        unread += 1
    return unread


def test_body_that_is_a_little_too_large_is_read_to_its_end() -> None:
    messages = [part(b"0123456789", more=True), part(b"0" * 1000, more=True), part(b"0")]
    assert CUT not in refusal(messages).headers
    assert asyncio.run(refuse_and_count_unread(messages)) == 0


def test_declared_length_is_refused_before_anything_is_read() -> None:
    messages = [part(b"0" * 11)]
    assert CUT not in refusal(messages, content_length="11").headers


def test_body_beyond_what_is_drained_cuts_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "DRAIN_LIMIT_BYTES", 100)
    endless = [part(b"0" * 60, more=True)] * 50
    assert CUT in refusal(endless).headers
    assert asyncio.run(refuse_and_count_unread(endless)) == 48
    assert CUT in refusal([], content_length="101").headers


def stalling(messages: list[Message]) -> Exchange:
    asked = exchange(messages)
    first = asked.receive

    async def receive() -> Message:
        message = await first()
        if message["type"] == "http.disconnect":
            await asyncio.Event().wait()
        return message

    asked.receive = receive
    return asked


@pytest.mark.parametrize(
    ("messages", "error"),
    [([part(b"01", more=True)], MalformedBody), ([part(b"0" * 11, more=True)], BodyTooLarge)],
)
def test_client_that_stalls_is_cut(
    monkeypatch: pytest.MonkeyPatch, messages: list[Message], error: type[RequestError]
) -> None:
    monkeypatch.setattr(bodies, "READ_SECONDS", 0.01)
    with pytest.raises(error) as raised:
        asyncio.run(read_body(stalling(messages), 10))
    assert CUT in raised.value.headers
