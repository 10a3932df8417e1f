"""What Locust runs: the users, the shape that the settings choose, and results for whoever judges them.

    locust -f loadtests/locustfile.py --host http://127.0.0.1:3000

`python -m loadtests.run` does it with everything around it.
"""

import re
import time
from collections.abc import Callable

from locust import LoadTestShape, events, log, stats
from locust.env import Environment
from locust.event import EventHook
from locust.runners import MasterRunner
from locust.stats import StatsEntry, StatsError

from loadtests.errors import LoadNotMade
from loadtests.results import ALL_REQUESTS, Failure, RequestResult, Results, write_results
from loadtests.settings import process_settings
from loadtests.shapes import plan, target
from loadtests.users import BatchCaller, BattleCaller, CatalogueCaller

__all__ = ["BatchCaller", "BattleCaller", "CatalogueCaller", "PlannedShape"]

LAST_ROWS_SECONDS = stats.CSV_STATS_INTERVAL_SEC + 0.2
"""Locust writes its CSV files every second, and not once more at the end."""

CHART_POINTS = 300
"""Points of a line in the HTML report; Locust's own interval of five seconds shows little of a short run."""

_lost_workers: list[int] = []


class PlannedShape(LoadTestShape):
    """The shape that the settings ask for."""

    def tick(self) -> tuple[int, float] | None:
        """Return how many users there shall be now, and how many may come or go in a second."""
        return target(plan(process_settings()), time.perf_counter() - self.start_time)


def set_chart_interval(**_: object) -> None:
    """Make the charts of the HTML report as fine as the length of the run allows."""
    seconds = plan(process_settings()).duration_seconds / CHART_POINTS
    stats.HISTORY_STATS_INTERVAL_SEC = max(1, round(seconds))


def count_lost_workers(environment: Environment, **_: object) -> None:
    """Remember how many workers are missing at the end."""
    runner = environment.runner
    if isinstance(runner, MasterRunner) and environment.parsed_options is not None:
        _lost_workers.append(environment.parsed_options.expect_workers - runner.worker_count)


def hand_over(environment: Environment, **_: object) -> None:
    """Write the results, and end with another code than 0 only if the load test itself went wrong: whether
    the service did well is decided by its pass marks."""
    results = collect(environment)
    if results.broken:
        environment.process_exit_code = LoadNotMade.exit_code
    if folder := process_settings().report:
        time.sleep(LAST_ROWS_SECONDS)
        write_results(folder, results)


def collect(environment: Environment) -> Results:
    """Return what was measured so far."""
    measured = environment.stats
    entries = [measured.entries[key] for key in sorted(measured.entries)]
    errors = measured.errors.values()
    return Results(
        requests=[
            *(_to_result(entry.name, entry) for entry in entries),
            _to_result(ALL_REQUESTS, measured.total),
        ],
        failures=[Failure(one.name, _message(one), one.occurrences) for one in errors],
        lost_workers=_lost_workers[0] if _lost_workers else 0,
        broken=_exceptions(environment),
        short_of_cpu=_was_short_of_cpu(environment),
    )


def _was_short_of_cpu(environment: Environment) -> bool:
    """Return whether this process, or any worker, used up its processor."""
    seen = ("cpu_warning_emitted", "worker_cpu_warning_emitted")
    return any(getattr(environment.runner, name, False) for name in seen)


def _exceptions(environment: Environment) -> list[str]:
    """Return the errors of users' own code, and of listeners."""
    runner = environment.runner
    messages = [str(one["msg"]) for one in runner.exceptions.values()] if runner else []
    return [*messages, *(["an event listener failed"] if log.unhandled_greenlet_exception else [])]


def _message(error: StatsError) -> str:
    """Return what a check said, or the error of the connection; workers send Locust's wrapping along."""
    written = StatsError.parse_error(error.error)
    wrapped = re.fullmatch(r"CatchResponseError\(['\"](.*)['\"]\)", written)
    return wrapped[1] if wrapped else written


def _to_result(name: str, entry: StatsEntry) -> RequestResult:
    return RequestResult(
        name=name,
        requests=entry.num_requests,
        failures=entry.num_failures,
        requests_per_second=entry.total_rps,
        response_times={int(time): count for time, count in entry.response_times.items()},
    )


def _listen(event: EventHook, listener: Callable[..., None]) -> None:
    add: Callable[..., object] = event.add_listener
    add(listener)


_listen(events.init, set_chart_interval)
_listen(events.test_stopping, count_lost_workers)
_listen(events.quitting, hand_over)
