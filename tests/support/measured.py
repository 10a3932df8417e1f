"""Measurements as a benchmark would make them, with numbers that are easy to follow."""

from loadtests.benchmarks.closed_loop import Closed
from loadtests.benchmarks.comparison import Comparison
from loadtests.benchmarks.contenders import CEILING
from loadtests.benchmarks.fairness import Fairness
from loadtests.benchmarks.measures import Batch, Round
from loadtests.benchmarks.open_loop import Open

OURS, OTHER, PEER, SLOWER_PEER = "ours", "other", "peer", "slower peer"


def closed(per_second: float, connections: int = 16, p99_seconds: float = 0.001, wrong: int = 0) -> Closed:
    """The closed loop, answering so often."""
    return Closed(
        connections=connections,
        per_second=per_second,
        p50_seconds=0.0005,
        p99_seconds=p99_seconds,
        p999_seconds=0.003,
        answered=round(per_second),
        wrong=wrong,
    )


def opened(asked: float = 100.0, sent: float | None = None, p99_seconds: float | None = 0.01) -> Open:
    """The open loop, with a tenth shed."""
    rate = asked if sent is None else sent
    return Open(
        asked_rate=asked,
        sent_rate=rate,
        ok_rate=0.9 * rate,
        shed_rate=0.1 * rate,
        p50_seconds=0.001,
        p99_seconds=p99_seconds,
        p999_seconds=0.02,
        shed_p99_seconds=0.0002,
        others={},
    )


def batch(form: str, rows: int, rows_per_second: float) -> Batch:
    """Batches of one size."""
    return Batch(form=form, rows=rows, rows_per_second=rows_per_second, p99_seconds=0.1, wrong=0)


def fairness(p99_seconds: float | None = 0.01, live_seconds: float = 0.2) -> Fairness:
    """Single answers beside batches."""
    return Fairness(
        singles=opened(500.0, p99_seconds=p99_seconds),
        live_seconds=live_seconds,
        probes=100,
        batches_per_second=4.0,
        batch_rows=10_000,
        batches_wrong=0,
    )


def measured_round(name: str, rate: float, is_ours: bool = False, wrong: int = 0) -> Round:
    """One round of a server; ours has batches and fairness."""
    batches = [
        batch("JSON", 1_000, 50_000.0),
        batch("JSON", 10_000, 60_000.0),
        batch("binary", 1_000, 90_000.0),
        batch("binary", 10_000, 120_000.0),
    ]
    return Round(
        name=name,
        start_seconds=1.5,
        resident_before_megabytes=120.0,
        resident_after_megabytes=290.0,
        resident_end_megabytes=310.0,
        processor_seconds_per_answer=0.000_045,
        closed=[closed(rate / 2, 1), closed(rate, 16, wrong=wrong), closed(rate, 64)],
        open={"50%": opened(rate / 2)},
        batches=batches if is_ours else [],
        fairness=fairness() if is_ours else None,
    )


def comparison() -> Comparison:
    """Three rounds of the ceiling, two peers, and ours; another one of ours was not measured."""
    rates = {CEILING: 40_000.0, PEER: 2_000.0, SLOWER_PEER: 1_000.0, OURS: 24_000.0}
    return Comparison(
        ours=(OURS, OTHER),
        rounds={
            name: [measured_round(name, rate * share, name == OURS) for share in (0.9, 1.0, 1.1)]
            for name, rate in rates.items()
        },
        bare={OURS: [{1_000: 150_000.0, 10_000: 300_000.0}]},
        failures={OTHER: "it has no model"},
        machine="2 cores of a machine.",
    )
