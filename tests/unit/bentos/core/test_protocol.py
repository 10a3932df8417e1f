"""What a connection takes, and for how long."""

import asyncio
import json
import re
from typing import Any

import pytest

from bentos.core.admission import Admission
from bentos.core.connections import Stage
from bentos.core.headers import security_headers
from bentos.core.protocol import MOST_HEAD_BYTES, MOST_PIPELINED
from bentos.core.server import Server
from tests.support.conversations import HEAD, Refusing, Streams, connection_of, door_with, read_answer, talk


def assert_problem(answer: bytes, status: int, title: str) -> None:
    head, _, content = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} {title}\r\n".encode())
    for name, value in (*security_headers(), (b"content-type", b"application/problem+json")):
        assert b"\r\n" + name + b": " + value in head
    document = json.loads(content)
    assert (document["type"], document["status"], document["title"]) == ("about:blank", status, title)


def test_bytes_that_are_no_request_get_a_problem_document() -> None:
    async def speak_nonsense(_server: Server, streams: Streams) -> bytes:
        reader, writer = streams
        writer.write(b"nonsense\r\n\r\n")
        return await reader.read()

    assert_problem(talk(speak_nonsense), 400, "Bad Request")


@pytest.mark.parametrize("piece", [b"X-Many: headers\r\n" * 500, b"x" * 8000])
def test_head_without_end_is_refused(piece: bytes) -> None:
    async def talk_on(server: Server, streams: Streams) -> bytes:
        reader, writer = streams
        sent = b"GET / HTTP/1.1\r\nX-One: "
        writer.write(sent)
        await connection_of(server, len(sent))
        for _ in range(MOST_HEAD_BYTES // len(piece) + 1):
            writer.write(piece)
        return await reader.read()

    assert_problem(talk(talk_on), 431, "Request Header Fields Too Large")


def test_requests_in_pieces_are_answered_one_after_the_other() -> None:
    async def ask_twice(server: Server, streams: Streams) -> tuple[bytes, bytes]:
        reader, writer = streams
        answers = []
        for _ in range(2):
            for piece in (HEAD[:7], HEAD[7:-1], HEAD[-1:] + b"ab", b"cd"):
                writer.write(piece)
                await asyncio.sleep(0.01)
            await reader.readuntil(b"\r\n\r\n")
            answers.append(await reader.readexactly(4))
        return answers[0], answers[1]

    assert talk(ask_twice) == (b"abcd", b"abcd")


@pytest.mark.parametrize(
    ("sent", "waits"),
    [
        (b"", "head"),
        (HEAD[:-2], "head"),
        (HEAD, "body"),
        (HEAD + b"ab", "body"),
        (HEAD + b"abcd", "idle"),
        (HEAD + b"abcd" + HEAD[:5], "head"),
    ],
)
def test_connection_knows_what_it_waits_for(sent: bytes, waits: str) -> None:
    async def stall(server: Server, streams: Streams) -> Stage:
        reader, writer = streams
        writer.write(sent)
        connection = await connection_of(server, len(sent))
        if sent.startswith(HEAD + b"abcd"):
            await reader.readuntil(b"\r\n\r\nabcd")
        return connection.stage()

    assert talk(stall).waits == waits


def test_piece_of_a_body_is_progress_and_piece_of_a_head_is_none() -> None:
    async def dribble(server: Server, streams: Streams) -> list[Stage]:
        stages = []
        sent = 0
        for piece in (HEAD[:7], HEAD[7:9], HEAD[9:], b"a", b"b"):
            streams[1].write(piece)
            sent += len(piece)
            stages.append((await connection_of(server, sent)).stage())
        return stages

    head, same_head, *body = talk(dribble)
    assert head == same_head
    assert len({head, *body}) == 4


def test_head_that_takes_too_long_is_answered_and_silence_is_not() -> None:
    async def stall(server: Server, streams: Streams) -> bytes:
        streams[1].write(HEAD[:7])
        (await connection_of(server, 7)).give_up("head")
        return await streams[0].read()

    async def say_nothing(server: Server, streams: Streams) -> bytes:
        (await connection_of(server, 0)).give_up("head")
        return await streams[0].read()

    assert_problem(talk(stall), 408, "Request Timeout")
    assert talk(say_nothing) == b""


def test_client_that_sends_more_requests_than_may_wait_gets_some_answers_and_is_cut_off() -> None:
    """Also in one piece: the rest of it is not worked on."""

    async def flood(_server: Server, streams: Streams) -> bytes:
        streams[1].write((HEAD + b"abcd") * 1000)
        return await streams[0].read()

    answers = talk(flood)
    assert answers.count(b"HTTP/1.1 200 OK") == MOST_PIPELINED + 1
    assert answers.endswith(b"abcd")


def test_refused_request_is_answered_and_the_next_one_on_its_connection_too() -> None:
    async def ask_twice(_server: Server, streams: Streams) -> Any:
        reader, writer = streams
        writer.write(HEAD.replace(b"Host: a", b"Host: a\r\nX-Request-ID: mine-1") + b"ab")
        refused = await read_answer(reader)
        writer.write(b"cd" + HEAD + b"abcd")
        return refused, await read_answer(reader)

    admission = Refusing("in_flight")
    (status, headers, content), answer = talk(ask_twice, door_with(admission))
    assert (status, headers["retry-after"], headers["x-request-id"]) == (429, "1", "mine-1")
    assert headers["content-type"] == "application/problem+json"
    assert "connection" not in headers
    for name, value in security_headers():
        assert headers[name.decode()] == value.decode()
    assert headers["date"]
    assert json.loads(content)["type"] == "urn:ekiben:problem:overloaded"
    assert (answer[0], answer[2]) == (200, b"abcd")
    assert 'ekiben_shed_total{reason="in_flight"} 1' in exposed(admission)


def exposed(admission: Admission) -> str:
    return "\n".join(
        f'{sample.name}{{reason="{sample.labels["reason"]}"}} {sample.value}'
        for metric in admission.collect()
        for sample in metric.samples
        if "reason" in sample.labels
    )


def test_refusal_that_is_held_back_is_not_overtaken() -> None:
    async def ask_on(_server: Server, streams: Streams) -> list[int]:
        reader, writer = streams
        writer.write((HEAD + b"abcd") * 3)
        connection = await admission.held.get()
        assert connection.stage() == Stage("no", 0)
        connection.release()
        writer.write(HEAD + b"abcd")
        return [(await read_answer(reader))[0] for _ in range(4)]

    admission = Refusing("queue")
    assert talk(ask_on, door_with(admission)) == [429, 429, 429, 200]


def test_request_behind_others_is_refused_in_its_turn() -> None:
    async def ask_thrice(_server: Server, streams: Streams) -> list[int]:
        streams[1].write((HEAD + b"abcd") * 3)
        return [(await read_answer(streams[0]))[0] for _ in range(3)]

    assert talk(ask_thrice, door_with(Refusing(None, "queue", None))) == [200, 429, 200]


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
        b"POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 4\r\n\r\n",
    ],
)
def test_refusal_ends_a_connection_on_which_nothing_can_follow(head: bytes) -> None:
    async def ask(_server: Server, streams: Streams) -> bytes:
        streams[1].write(head)
        return await streams[0].read()

    answer = talk(ask, door_with(Refusing("in_flight")))
    assert answer.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"\r\nconnection: close\r\n" in answer


def test_refusal_of_a_head_request_has_no_content() -> None:
    async def ask(_server: Server, streams: Streams) -> bytes:
        streams[1].write(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return await streams[0].read()

    answer = talk(ask, door_with(Refusing("in_flight")))
    assert answer.endswith(b"\r\n\r\n")
    assert re.search(rb"content-length: [1-9]", answer)


def test_held_refusals_go_out_before_the_server_stops() -> None:
    async def ask(server: Server, streams: Streams) -> bytes:
        streams[1].write(HEAD + b"abcd")
        await admission.held.get()
        server.hurry()
        return await streams[0].read()

    admission = Refusing("queue")
    assert talk(ask, door_with(admission)).startswith(b"HTTP/1.1 429 ")


def test_newcomer_takes_the_place_of_the_connection_that_was_idle_for_longest() -> None:
    async def crowd(server: Server, streams: Streams) -> tuple[bytes, int]:
        address = streams[1].get_extra_info("peername")
        streams[1].write(HEAD + b"abcd")
        assert (await read_answer(streams[0]))[0] == 200
        second = await asyncio.open_connection(*address)
        second[1].write(HEAD + b"abcd")
        assert (await read_answer(second[0]))[0] == 200
        third = await asyncio.open_connection(*address)
        third[1].write(HEAD + b"abcd")
        assert (await read_answer(third[0]))[0] == 200
        second[1].write(HEAD + b"abcd")
        status = (await read_answer(second[0]))[0]
        second[1].close()
        third[1].close()
        return await streams[0].read(), status

    assert talk(crowd, door_with(Admission(), most=2)) == (b"", 200)


def test_newcomer_is_refused_if_all_connections_are_busy() -> None:
    async def crowd(server: Server, streams: Streams) -> bytes:
        streams[1].write(HEAD)
        await connection_of(server, len(HEAD))
        reader, writer = await asyncio.open_connection(*streams[1].get_extra_info("peername"))
        refusal = await reader.read()
        writer.close()
        streams[1].write(b"abcd")
        assert (await read_answer(streams[0]))[0] == 200
        return refusal

    admission = Admission()
    refusal = talk(crowd, door_with(admission, most=1))
    assert refusal.startswith(b"HTTP/1.1 429 ")
    assert 'ekiben_shed_total{reason="connections"} 1' in exposed(admission)
