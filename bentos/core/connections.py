"""How many connections there may be, and how long a client may keep one waiting.

A connection that waits costs memory and a file descriptor, nothing else; so many are allowed, and when there
are too many, those that have been idle for longest are closed: their clients expect that, while a client that
is refused does not. A client that is slow on purpose is cut off: every stage of a request has a time.
"""

import heapq
import resource
from collections import Counter
from collections.abc import Iterator, MutableSet
from typing import Any, Literal, NamedTuple, Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

HEAD_SECONDS = 15.0
"""How long the head of a request may take, and how long a connection may wait for the first one."""

BODY_SECONDS = 20.0
"""How long a body may make no progress."""

WRITE_SECONDS = 30.0
"""How long a client may take nothing of an answer."""

OTHER_FILES = 128
"""File descriptors that are kept for anything but connections."""

SHARE_CLOSED = 0.01
"""Of all connections, closed at once when there are too many: not every newcomer is to look through all."""

Waits = Literal["idle", "head", "body", "write", "no"]
"""What a connection waits for: the next request, the rest of one's head or body, the client to take what was
sent; or not for its client at all."""


class Stage(NamedTuple):
    """Where a connection is. As long as two stages are equal, the client has done nothing that counts."""

    waits: Waits
    progress: int


class Connection(Protocol):
    """One connection, as far as it is watched over."""

    idle_since: float
    """When its last bytes came, on the clock of `time.perf_counter`."""
    seen: tuple[Stage, float] | None
    """Its stage when it was last looked at, and since when it has been in it."""

    def stage(self) -> Stage:
        """Return where it is."""
        ...

    def give_up(self, waits: Waits) -> None:
        """Close it, as its client is too slow, or as there are too many."""
        ...


class Connections(Collector):
    """The connections of one process. `open` is the server's own set of them."""

    def __init__(self, most: int, keep_alive_seconds: float) -> None:
        self.open: MutableSet[Any] = set()
        self._most = most
        self._seconds: dict[Waits, float] = {
            "idle": keep_alive_seconds,
            "head": HEAD_SECONDS,
            "body": BODY_SECONDS,
            "write": WRITE_SECONDS,
        }
        self._closed: Counter[str] = Counter()

    def make_room(self) -> bool:
        """Return whether there may be one more, after closing those that have been idle for longest if need
        be."""
        excess = len(self.open) + 1 - self._most
        if excess > 0:
            idle = [one for one in self.open if one.stage().waits in ("idle", "head")]
            count = max(excess, round(self._most * SHARE_CLOSED))
            for connection in heapq.nsmallest(count, idle, key=lambda one: one.idle_since):
                self._give_up(connection, "idle", "crowded")
        return len(self.open) < self._most

    def sweep(self, now: float) -> None:
        """Close what has been in one stage for too long; `now` is on any clock that is the same each time."""
        for connection in list(self.open):
            stage = connection.stage()
            if connection.seen is None or connection.seen[0] != stage:
                connection.seen = (stage, now)
            elif now - connection.seen[1] >= self._seconds.get(stage.waits, float("inf")):
                self._give_up(connection, stage.waits, stage.waits)

    def collect(self) -> Iterator[Metric]:
        """Turn the numbers into samples."""
        yield GaugeMetricFamily("ekiben_connections", "Open connections.", value=float(len(self.open)))
        closed = CounterMetricFamily(
            "ekiben_connections_closed",
            "Connections that were closed on clients: idle, slow with a head, a body or in taking an answer, "
            "or one too many.",
            labels=["reason"],
        )
        for reason in ("idle", "head", "body", "write", "crowded"):
            closed.add_metric([reason], self._closed[reason])
        yield closed

    def _give_up(self, connection: Connection, waits: Waits, reason: str) -> None:
        self._closed[reason] += 1
        # The transport tells of its end only later; until then it would be counted, and chosen again.
        self.open.discard(connection)
        connection.give_up(waits)


def allow_connections(most: int) -> int:
    """Let this process have as many files open as it may; return how many connections that leaves, at most
    `most`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft == resource.RLIM_INFINITY:
        return most
    return max(1, min(most, soft - OTHER_FILES))
