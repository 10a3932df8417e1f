"""Who is let in when more requests come than can be answered.

Requests in flight tell nothing in a process whose handlers never await: there is never more than one. What
tells the truth is the time that requests wait before they are handled (`bentos.core.queue_delay`). It is
judged as CoDel judges the queue of a router (RFC 8289): a delay above the budget that lasts for an interval
is a standing queue, which only refusals make shorter; one that passes within it is a burst, which is what
queues are for.

While a queue stands, each round of the event loop lets in as many requests as it can handle in half of the
budget, because a request may have waited for the whole round before. The others are refused. Refusing costs
time too, so refusals go out at a pace, also while there is nothing else to do: a client that asks again at
once would otherwise take the time of those who are let in.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Set
from math import inf
from time import perf_counter, thread_time
from typing import Literal, Protocol

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bentos.core import health
from bentos.core.inference_protocol import endpoints as inference_protocol
from bentos.core.json_bodies import INLINE_BODY_BYTES
from bentos.core.loggers import get_logger
from bentos.core.metrics import DURATION_EDGES_SECONDS, Buckets
from bentos.core.metrics_endpoint import METRICS_PATH
from bentos.core.queue_delay import Rounds
from bentos.core.workers import HOLD_SECONDS

INTERVAL_SECONDS = 0.1
"""How long a delay must last to count as standing, and how long nobody must be refused until it is over: what
RFC 8289 advises, several times the budget."""

LEAST_ROUNDS = 3
"""So many rounds in a row must have such a delay, and work for half of the budget in each. Where the process
is denied a processor, requests wait although there is little to do, and refusals would not help them."""

ANSWERS_PER_REFUSAL = 12
"""One refusal goes out in the time of so many answers. Reading and refusing one costs about a third of an
answer, so refusals take about a thirty-sixth of the time."""

PACE_SECONDS = 0.002
"""How often refusals go out."""

WEIGHT = 0.2
"""Of the latest round in the average of what a request costs."""

LEAST_SECONDS = 1e-6
LOG_SECONDS = 10.0
"""At least so long between two lines about overload."""

UNREFUSED = frozenset(
    path.encode()
    for path in (
        *(health.LIVE_PATH, health.READY_PATH, METRICS_PATH),
        *(inference_protocol.LIVE_PATH, inference_protocol.READY_PATH),
    )
)
"""Paths that are always answered: a pod that is busy is not dead."""

HELD: frozenset["Reason"] = frozenset({"queue", "workers"})
"""Refusals for these reasons are held back: they come as quickly as clients ask again."""

Reason = Literal["queue", "in_flight", "workers", "key", "connections"]
REASONS: tuple[Reason, ...] = ("queue", "in_flight", "workers", "key", "connections")

_log = get_logger("ekiben.admission")


class Refused(Protocol):
    """A connection whose refusal is held back."""

    def release(self) -> None:
        """Send it."""
        ...


class Admission(Collector):
    """Decides about every request of one process, before anything is done for it.

    `budget_seconds` is how long requests may wait, 0 lets them wait for ever; `most_in_flight` is how many
    may be under way, 0 is any number. With fewer under way than `asks_from`, there is nothing to decide.
    """

    def __init__(
        self,
        budget_seconds: float = 0.0,
        most_in_flight: int = 0,
        clock: Callable[[], float] = perf_counter,
        processor_clock: Callable[[], float] = thread_time,
    ) -> None:
        self.rounds = Rounds(self._end_round, clock)
        self._clock = clock
        self._processor_clock = processor_clock
        self.is_shedding = False
        self.count_answers: Callable[[], int] = lambda: 0
        """Tells how many requests were answered since the process started."""
        self.is_crowded = False
        """Whether the workers have no place left."""
        self.working_paths: Set[bytes] = frozenset()
        """Whose requests need a place among them, unless they are small."""
        self._budget_seconds = budget_seconds
        self._most_in_flight: float = most_in_flight or inf
        self.asks_from = self._most_in_flight
        self._round = 0.0
        self._admitted = 0
        self._answers = 0
        self._request_seconds = LEAST_SECONDS
        self._above_since = 0.0
        self._rounds_above = 0
        self._worked = inf
        self._refused_at = 0.0
        self._logged_at = -LOG_SECONDS
        self._held: deque[tuple[float, Refused]] = deque()
        self._released_until = 0.0
        self._delays = Buckets(DURATION_EDGES_SECONDS)
        self._shed: defaultdict[Reason, int] = defaultdict(int)

    def is_full(self, in_flight: int) -> Reason | None:
        """Return why a request would not be let in now, or None if it would be, with so many under way."""
        if in_flight >= self._most_in_flight:
            return "in_flight"
        if not self.is_shedding or self._has_time():
            return None
        return "queue"

    def may_refuse(self, in_flight: int) -> bool:
        """Return whether some requests would not be let in now."""
        return self.is_crowded or self.is_full(in_flight) is not None

    def refuses(self, url: bytes, in_flight: int, body_bytes: float = 0) -> Reason | None:
        """Return why this request is not let in, or None if it is: then it takes its share of the round."""
        reason = self.is_full(in_flight)
        if reason is None:
            if self.is_crowded and body_bytes > INLINE_BODY_BYTES and path_of(url) in self.working_paths:
                return "workers"
            self._admitted += 1
        elif path_of(url) in UNREFUSED:
            return None
        elif reason == "queue":
            self._refused_at = self.rounds.began
        return reason

    def crowd(self, is_crowded: bool) -> None:
        """Take note whether the workers have no place left."""
        self.is_crowded = is_crowded
        self._choose_whom_to_ask()

    def count(self, reason: Reason) -> None:
        """Count one request that was refused, wherever that was."""
        self._shed[reason] += 1

    def hold(self, connection: Refused) -> None:
        """Have the connection's refusal go out in its turn."""
        if not self._held:
            self._released_until = self.rounds.began
            self._release_later()
        self._held.append((self.rounds.began, connection))

    def collect(self) -> Iterator[Metric]:
        """Turn the numbers into samples."""
        shed = CounterMetricFamily(
            "ekiben_shed", "Requests that were refused with 429, by what was exhausted.", labels=["reason"]
        )
        for reason in REASONS:
            shed.add_metric([reason], self._shed[reason])
        yield shed
        delay = HistogramMetricFamily(
            "ekiben_queue_delay_seconds",
            "Longest time that a request may have waited before it was handled, once per round of the loop.",
        )
        self._delays.add_to(delay, [])
        yield delay

    def _has_time(self) -> bool:
        """Return whether one more request could be handled in this round's half of the budget."""
        began = self.rounds.began
        if self._round != began:
            self._round, self._admitted = began, 0
        expected_seconds = self._clock() - began + self._admitted * self._request_seconds
        return not self._admitted or expected_seconds <= self._budget_seconds / 2

    def _end_round(self, delay_seconds: float, handling_seconds: float, is_idle: bool) -> None:
        self._delays.observe(delay_seconds)
        answers = self.count_answers() - self._answers
        self._answers += answers
        if answers:
            seconds = max(handling_seconds / answers, LEAST_SECONDS)
            self._request_seconds += WEIGHT * (seconds - self._request_seconds)
        if self._budget_seconds:
            self._judge(delay_seconds, is_idle)
        self._choose_whom_to_ask()

    def _choose_whom_to_ask(self) -> None:
        decides = self.is_shedding or self.is_crowded or self._held
        self.asks_from = 0 if decides else self._most_in_flight

    def _judge(self, delay_seconds: float, is_idle: bool) -> None:
        """Find out whether a queue stands, given the delay of one more round. One that was emptied does not,
        however long its last ones waited."""
        now = self.rounds.began
        if self.is_shedding:
            self.is_shedding = now - self._refused_at < INTERVAL_SECONDS
        elif is_idle or delay_seconds <= self._budget_seconds:
            self._above_since, self._rounds_above, self._worked = now, 0, inf
        elif not self._has_worked():
            self._above_since, self._rounds_above = now, 0
        else:
            self._rounds_above += 1
            if self._rounds_above >= LEAST_ROUNDS and now - self._above_since >= INTERVAL_SECONDS:
                self._begin_shedding(now, delay_seconds)

    def _has_worked(self) -> bool:
        """Return whether this thread was busy for half of the budget since this was last asked. It is asked
        only where requests wait, because the kernel takes its time to tell."""
        before, self._worked = self._worked, self._processor_clock()
        return self._worked - before >= self._budget_seconds / 2

    def _begin_shedding(self, now: float, delay_seconds: float) -> None:
        self.is_shedding = True
        self._refused_at = now
        self._rounds_above, self._worked = 0, inf
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            _log.warning(
                "More requests come than can be answered in time; some are refused",
                delay_seconds=round(delay_seconds, 4),
                budget_seconds=self._budget_seconds,
                refused_so_far=sum(self._shed.values()),
            )

    def _release_later(self) -> None:
        if self.rounds.loop is not None:
            self.rounds.loop.call_later(PACE_SECONDS, self._release)

    def _release(self) -> None:
        """Send as many refusals as there was time for since the last ones, and all that waited too long."""
        now = self._clock()
        pace_seconds = ANSWERS_PER_REFUSAL * self._request_seconds
        most = int((now - self._released_until) / pace_seconds)
        self._released_until += most * pace_seconds
        overdue = now - HOLD_SECONDS
        while self._held and (most > 0 or self._held[0][0] < overdue):
            self._held.popleft()[1].release()
            most -= 1
        if self._held:
            self._release_later()


def path_of(url: bytes) -> bytes:
    """Return what comes before the query."""
    return url.partition(b"?")[0]
