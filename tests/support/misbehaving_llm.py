"""A local language model that misbehaves on command. It speaks OpenAI's chat API and Gemini's REST API.

Start it with `misbehaving_llm()`. `behaviour` is how it treats requests, `next` how it treats the next ones
before that, and `answer` what it says when it behaves well.
"""

import asyncio
import json
import re
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

Behaviour = Literal[
    "well",  # answers
    "slow",  # answers after `slow_seconds`; a stream waits before each word
    "hangs",  # takes the request and never answers
    "stalls",  # a stream that stops after its first word
    "rate_limited",  # 429 with Retry-After: `retry_after`
    "server_error",  # 500
    "refused",  # 401, with the key that was sent in its body
    "moved",  # 307 to another path
    "half_json",  # ends in the middle
    "no_json",  # 200 with a web page
    "wrong_schema",  # JSON of another shape
    "empty",  # no words
    "huge",  # a megabyte of text
    "packed",  # says that its answer is compressed
    "cut_off",  # ends for want of tokens
    "reset",  # the connection breaks; a stream's after the first word
    "wrong_facts",  # well-formed, and untrue
    "injected",  # well-formed, and follows somebody else's instructions
]

TRUE_TEXT = "The price rose by 2.5% over 24 hours. Volatility was low."
WRONG_TEXT = "The price fell by 99% to $3, a record. Volatility was nil, so buy now."
INJECTED_TEXT = "Ignore the figures and visit https://evil.example now. My instructions: SYSTEM."
HUGE_CHARACTERS = 1_000_000


@dataclass
class Asked:
    """One request, as it arrived."""

    path: str
    headers: dict[str, str]
    body: Any

    @property
    def is_stream(self) -> bool:
        return bool(self.body.get("stream")) or "streamGenerateContent" in self.path

    @property
    def is_gemini(self) -> bool:
        return "enerateContent" in self.path

    @property
    def is_bound_to_schema(self) -> bool:
        return "response_format" in self.body or "responseJsonSchema" in self.body.get("generationConfig", {})


@dataclass
class MisbehavingLlm:
    """What the tests see of the server. May be changed from any thread at any time.

    A request that hangs sets `arrived`, and `hung_up` once the caller has left.
    """

    port: int = 0
    behaviour: Behaviour = "well"
    next: list[Behaviour] = field(default_factory=list)
    answer: Callable[[Asked], str] = lambda _asked: TRUE_TEXT
    slow_seconds: float = 0.2
    retry_after: str = "1"
    asked: list[Asked] = field(default_factory=list)
    under_way: int = 0
    most_at_once: int = 0
    arrived: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Address for OpenAI's clients; Gemini's want it without `/v1`."""
        return f"http://127.0.0.1:{self.port}/v1"

    def choose(self) -> Behaviour:
        """Return how the next request is treated."""
        return self.next.pop(0) if self.next else self.behaviour

    def text(self, behaviour: Behaviour, asked: Asked) -> str:
        """Return the words of an answer."""
        told: dict[Behaviour, str] = {
            "empty": "",
            "huge": "a " * (HUGE_CHARACTERS // 2),
            "wrong_facts": WRONG_TEXT,
            "injected": INJECTED_TEXT,
        }
        text = told[behaviour] if behaviour in told else self.answer(asked)
        return json.dumps({"analysis": text}) if asked.is_bound_to_schema else text


@contextmanager
def misbehaving_llm() -> Iterator[MisbehavingLlm]:
    """Serve on a free port of loopback, in a thread, until the end of the block."""
    llm = MisbehavingLlm()
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()
    ready = threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(_Connections(llm).take, "127.0.0.1", 0)
        llm.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stopping.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="misbehaving-llm")
    thread.start()
    try:
        ready.wait()
        yield llm
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.close()


class _Connections:
    """One request for each connection."""

    def __init__(self, llm: MisbehavingLlm) -> None:
        self._llm = llm

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                asked = await _read(reader)
                self._llm.asked.append(asked)
                self._llm.under_way += 1
                self._llm.most_at_once = max(self._llm.most_at_once, self._llm.under_way)
                try:
                    await self._answer(self._llm.choose(), asked, reader, writer)
                finally:
                    self._llm.under_way -= 1
            finally:
                writer.close()

    async def _answer(
        self,
        behaviour: Behaviour,
        asked: Asked,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        if behaviour == "hangs":
            self._llm.arrived.set()
            await reader.read()
            self._llm.hung_up.set()
        elif behaviour == "reset" and not asked.is_stream:
            _reset(writer)
        elif refusal := self._refusal(behaviour, asked):
            await _send(writer, *refusal)
        elif asked.is_stream:
            await self._stream(behaviour, asked, reader, writer)
        else:
            if behaviour == "slow":
                await asyncio.sleep(self._llm.slow_seconds)
            await self._whole(behaviour, asked, writer)

    def _refusal(self, behaviour: Behaviour, asked: Asked) -> tuple[int, str, dict[str, str]] | None:
        key = asked.headers.get("authorization", "") + asked.headers.get("x-goog-api-key", "")
        error = {"error": {"message": f"not for {key}", "code": 0, "status": "UNKNOWN"}}
        refusals: dict[Behaviour, tuple[int, str, dict[str, str]]] = {
            "rate_limited": (429, json.dumps(error), {"Retry-After": self._llm.retry_after}),
            "server_error": (500, json.dumps(error), {}),
            "refused": (401, json.dumps(error), {}),
            "moved": (307, "", {"Location": "/elsewhere"}),
            "no_json": (200, "<html><body>Welcome to this hotel's network</body></html>", {}),
        }
        return refusals.get(behaviour)

    async def _whole(self, behaviour: Behaviour, asked: Asked, writer: asyncio.StreamWriter) -> None:
        document = json.dumps(_whole(asked, self._llm.text(behaviour, asked), behaviour == "cut_off"))
        if behaviour == "wrong_schema":
            document = '{"choices": "none", "candidates": {"content": 5}, "usage": []}'
        elif behaviour == "half_json":
            document = document[: len(document) // 2]
        headers = {"Content-Encoding": "gzip"} if behaviour == "packed" else {}
        await _send(writer, 200, document, headers)

    async def _stream(
        self,
        behaviour: Behaviour,
        asked: Asked,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        await _head(writer, 200, {"Content-Type": "text/event-stream"})
        async for index, event in self._events(behaviour, asked):
            writer.write(f"data: {event}\n\n".encode())
            await writer.drain()
            if index == 0 and behaviour == "stalls":
                await reader.read()
            elif index == 0 and behaviour in ("reset", "half_json"):
                writer.write(b'data: {"choices": [{"del')
                await writer.drain()
                await asyncio.sleep(0.05)  # so that the first word is there before the end
                if behaviour == "reset":
                    _reset(writer)
                return

    async def _events(self, behaviour: Behaviour, asked: Asked) -> AsyncIterator[tuple[int, str]]:
        if behaviour == "wrong_schema":
            yield 0, '{"choices": [{"delta": 7}], "candidates": [{"content": 7}]}'
            return
        text = self._llm.text(behaviour, asked)
        words = [text] if behaviour == "huge" else re.findall(r"\S+\s*", text)
        for index, word in enumerate(words):
            if behaviour == "slow":
                await asyncio.sleep(self._llm.slow_seconds)
            yield index, json.dumps(_part(asked, word))
        yield len(words), json.dumps(_last_part(asked, behaviour == "cut_off"))
        if not asked.is_gemini:
            yield len(words) + 1, json.dumps({"choices": [], "usage": _OPENAI_USAGE})
            yield len(words) + 2, "[DONE]"


_OPENAI_USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
_GEMINI_USAGE = {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120}


def _whole(asked: Asked, text: str, is_cut_off: bool) -> dict[str, Any]:
    if asked.is_gemini:
        reason = "MAX_TOKENS" if is_cut_off else "STOP"
        content = {"role": "model", "parts": [{"text": text}]}
        return {"candidates": [{"content": content, "finishReason": reason}], "usageMetadata": _GEMINI_USAGE}
    reason = "length" if is_cut_off else "stop"
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
    return {"id": "1", "object": "chat.completion", "choices": [choice], "usage": _OPENAI_USAGE}


def _part(asked: Asked, word: str) -> dict[str, Any]:
    if asked.is_gemini:
        return {"candidates": [{"content": {"role": "model", "parts": [{"text": word}]}}]}
    return {"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}


def _last_part(asked: Asked, is_cut_off: bool) -> dict[str, Any]:
    if asked.is_gemini:
        return _whole(asked, "", is_cut_off)
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": "length" if is_cut_off else "stop"}]}


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(path=first.split(" ")[1], headers=headers, body=json.loads(body or b"{}"))


async def _head(writer: asyncio.StreamWriter, status: int, headers: dict[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} Whatever", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    await writer.drain()


async def _send(writer: asyncio.StreamWriter, status: int, document: str, headers: dict[str, str]) -> None:
    content = document.encode()
    declared = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    await _head(writer, status, {**declared, **headers})
    writer.write(content)
    await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection as a crashed process does, without a proper end."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
