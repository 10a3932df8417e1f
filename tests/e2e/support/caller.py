"""A caller that runs inside a pod: steady load over new and over kept connections, and every failure counted.

It needs nothing but Python, so any of the project's images can run it: `python -c SOURCE '{"host": …}'`.
Lines on stdin steer it: `phase NAME` (figures are kept per phase), `key KEY` (the API key from now on) and
`stop`, or the end of stdin; it then goes on until it has sent what it was asked to send. It prints one line
of JSON a second, and at last its result.

Requests are due at fixed times, whether or not earlier ones were answered, and their time counts from when
they were due: a server that stalls can't hide it.
"""

import asyncio
import json
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

READ_LIMIT_BYTES = 16 * 1024 * 1024
EXAMPLES = 5
IDLE_CONNECTIONS = 8
"""Kept connections that are opened at the start, so that more than one pod gets some."""

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Orders:
    """What to do. `modes`: `new` (a connection for each request), `kept` (keep-alive), `closed` (keep-alive,
    each connection sends its next request when it has its answer)."""

    host: str
    key: str
    port: int = 80
    path: str = "/api/v1/predict/battle"
    body: str = '{"pokemon_1_id": 25, "pokemon_2_id": 6}'
    modes: tuple[str, ...] = ("new", "kept")
    per_second: float = 300.0
    connections: int = 8
    at_least: int = 0
    at_most_seconds: float = 300.0
    timeout_seconds: float = 10.0


class Failed(Exception):
    """A request without a good answer; `kind` is what is counted."""

    def __init__(self, kind: str, text: str = "") -> None:
        super().__init__(text or kind)
        self.kind = kind


@dataclass
class Tally:
    """What one mode saw. Each sample: phase, second, milliseconds, failed."""

    samples: list[tuple[str, int, float, bool]] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    versions: dict[str, list[int]] = field(default_factory=dict)
    opened: int = 0
    sent: int = 0

    def answered(self, phase: str, second: int, milliseconds: float, version: str) -> None:
        """Count a good answer."""
        self.samples.append((phase, second, milliseconds, False))
        seen = self.versions.setdefault(version, [0, second, second])
        seen[0] += 1
        seen[2] = second

    def failed(self, phase: str, second: int, milliseconds: float, error: Failed) -> None:
        """Count a request that got no good answer."""
        self.samples.append((phase, second, milliseconds, True))
        self.failures[error.kind] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"second {second}, {milliseconds:.0f} ms: {error.kind}: {error}")

    def result(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        phases = dict.fromkeys(phase for phase, *_ in self.samples)
        return {
            "requests": len(self.samples),
            "failed": sum(self.failures.values()),
            "failures": dict(self.failures),
            "examples": self.examples,
            "connections": self.opened,
            "versions": {
                version: {"answers": seen[0], "first_second": seen[1], "last_second": seen[2]}
                for version, seen in self.versions.items()
            },
            "phases": {name: summary([one for one in self.samples if one[0] == name]) for name in phases},
            "seconds": self._by_second(),
        }

    def _by_second(self) -> list[dict[str, Any]]:
        by_second: dict[int, list[tuple[str, int, float, bool]]] = {}
        for sample in self.samples:
            by_second.setdefault(sample[1], []).append(sample)
        return [{"second": second, **summary(found)} for second, found in sorted(by_second.items())]


def summary(samples: list[tuple[str, int, float, bool]]) -> dict[str, Any]:
    """Return counts and quantiles (nearest rank) of the answered ones, in milliseconds."""
    times = sorted(milliseconds for _, _, milliseconds, failed in samples if not failed)

    def quantile(share: float) -> float:
        return round(times[min(int(share * len(times)), len(times) - 1)], 2) if times else 0.0

    return {
        "requests": len(samples),
        "failed": len(samples) - len(times),
        "p50_ms": quantile(0.5),
        "p95_ms": quantile(0.95),
        "p99_ms": quantile(0.99),
        "max_ms": quantile(1.0),
    }


class Caller:
    """Sends, reads and counts."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.tallies = {mode: Tally() for mode in orders.modes}
        self.phase = "steady"
        self.stopping = asyncio.Event()
        self._began = time.monotonic()
        self._address = orders.host
        self._idle: deque[Connection] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._compose(orders.key)

    def _compose(self, key: str) -> None:
        body = self.orders.body.encode()
        head = (
            f"POST {self.orders.path} HTTP/1.1\r\nHost: {self.orders.host}\r\nX-API-Key: {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        )
        self._kept = f"{head}\r\n".encode() + body
        self._last = f"{head}Connection: close\r\n\r\n".encode() + body

    async def run(self) -> dict[str, Any]:
        """Send until told to stop, and return the result."""
        await self._resolve()
        listening = asyncio.create_task(self._listen())
        reporting = asyncio.create_task(self._report())
        await asyncio.gather(*(self._drive(mode) for mode in self.orders.modes))
        await asyncio.gather(*self._under_way)
        listening.cancel()
        reporting.cancel()
        return {mode: tally.result() for mode, tally in self.tallies.items()}

    async def _resolve(self) -> None:
        found = await asyncio.get_running_loop().getaddrinfo(
            self.orders.host, self.orders.port, family=socket.AF_INET, type=socket.SOCK_STREAM
        )
        self._address = str(found[0][4][0])

    async def _listen(self) -> None:
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        async for line in reader:
            order, _, value = line.decode().strip().partition(" ")
            if order == "phase":
                self.phase = value
            elif order == "key":
                self._compose(value)
            elif order == "stop":
                break
        self.stopping.set()

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(1)
            seen = {mode: [len(one.samples), one.failures.total()] for mode, one in self.tallies.items()}
            say({"seconds": round(self._elapsed()), "seen": seen})

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _is_over(self, tally: Tally) -> bool:
        if self._elapsed() > self.orders.at_most_seconds:
            return True
        return self.stopping.is_set() and tally.sent >= self.orders.at_least

    async def _drive(self, mode: str) -> None:
        tally = self.tallies[mode]
        if mode == "closed":
            await asyncio.gather(*(self._loop(tally) for _ in range(self.orders.connections)))
            return
        send = self._send_new if mode == "new" else self._send_kept
        if mode == "kept":
            self._idle.extend([await self._open(tally) for _ in range(IDLE_CONNECTIONS)])
        begin = time.monotonic()
        while not self._is_over(tally):
            due = begin + tally.sent / self.orders.per_second
            await asyncio.sleep(max(due - time.monotonic(), 0))
            tally.sent += 1
            task = asyncio.create_task(self._count(tally, due, send(tally)))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _loop(self, tally: Tally) -> None:
        while not self._is_over(tally):
            tally.sent += 1
            await self._count(tally, time.monotonic(), self._send_kept(tally))

    async def _count(self, tally: Tally, due: float, sending: Coroutine[Any, Any, str]) -> None:
        phase, second = self.phase, int(due - self._began)
        try:
            version = await asyncio.wait_for(sending, self.orders.timeout_seconds)
        except (Failed, OSError, EOFError, TimeoutError) as error:
            tally.failed(phase, second, (time.monotonic() - due) * 1e3, classify(error))
        else:
            tally.answered(phase, second, (time.monotonic() - due) * 1e3, version)

    async def _open(self, tally: Tally) -> Connection:
        tally.opened += 1
        return await asyncio.open_connection(self._address, self.orders.port, limit=READ_LIMIT_BYTES)

    async def _send_new(self, tally: Tally) -> str:
        reader, writer = await self._open(tally)
        try:
            writer.write(self._last)
            return (await read_answer(reader))[0]
        finally:
            writer.close()

    async def _send_kept(self, tally: Tally) -> str:
        """Use the connection that has been idle longest and is still open, as every HTTP client does."""
        connection = None
        while self._idle and connection is None:
            reader, writer = self._idle.popleft()
            if reader.at_eof() or writer.is_closing():
                writer.close()
            else:
                connection = reader, writer
        reader, writer = connection or await self._open(tally)
        keep = False
        try:
            writer.write(self._kept)
            version, keep = await read_answer(reader)
        finally:
            if keep:
                self._idle.append((reader, writer))
            else:
                writer.close()
        return version


async def read_answer(reader: asyncio.StreamReader) -> tuple[str, bool]:
    """Return the model version that answered, and whether the connection may be used again. Raises Failed."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ")[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    if status != 200:
        raise Failed(f"status {status}", body[:200].decode("utf-8", "replace"))
    try:
        version = str(json.loads(body)["model_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise Failed("wrong answer", body[:200].decode("utf-8", "replace")) from error
    return version, headers.get("connection", "").lower() != "close"


def classify(error: BaseException) -> Failed:
    """Return the failure that this exception stands for."""
    kinds = (
        (ConnectionRefusedError, "refused"),
        ((ConnectionResetError, BrokenPipeError), "reset"),
        (EOFError, "closed without an answer"),
        (TimeoutError, "timeout"),
    )
    if isinstance(error, Failed):
        return error
    for kind, name in kinds:
        if isinstance(error, kind):
            return Failed(name, str(error))
    return Failed(type(error).__name__, str(error))


def say(line: dict[str, Any]) -> None:
    """Print a line of JSON at once."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Carry out the orders in the first argument."""
    say({"result": asyncio.run(Caller(Orders(**json.loads(sys.argv[1]))).run())})


if __name__ == "__main__":
    main()
