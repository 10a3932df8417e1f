"""Who is let in, on a loop whose time is simulated: no machine is too slow for these."""

import statistics
from math import inf

import pytest
from structlog.testing import capture_logs

from bentos.core.admission import ANSWERS_PER_REFUSAL, INTERVAL_SECONDS, UNREFUSED, Admission
from bentos.core.json_bodies import INLINE_BODY_BYTES
from bentos.core.workers import HOLD_SECONDS
from tests.support.loops import CAPACITY, HANDLE_SECONDS, URL, Client, Clock, Load

BUDGET_SECONDS = 0.02


def make_admission(clock: Clock) -> Admission:
    return Admission(BUDGET_SECONDS, clock=clock, processor_clock=lambda: clock.worked)


@pytest.fixture
def load() -> Load:
    clock = Clock()
    return Load(make_admission(clock), clock)


def percentile_99(answers: list[tuple[float, float]]) -> float:
    return statistics.quantiles((seconds for _, seconds in answers), n=100)[-1]


def forget(load: Load) -> None:
    """Look at what comes from now on."""
    before = load.admission.count_answers()
    load.admission.count_answers = lambda: before + len(load.answered)
    load.answered.clear()
    load.refused.clear()


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_nobody_is_refused_while_all_can_be_answered(load: Load, share: float) -> None:
    load.run(share * CAPACITY, 2.0)
    assert load.refused == []
    assert percentile_99(load.answered) < 0.001
    assert load.admission.asks_from > 1e9


@pytest.mark.parametrize("connections", [300, 400, 1000])
@pytest.mark.parametrize("times", [2, 5, 20])
def test_overload_leaves_nine_tenths_of_the_answers_and_all_in_time(
    load: Load, times: int, connections: int
) -> None:
    load.run(times * CAPACITY, 1.0, connections)
    forget(load)
    load.run(times * CAPACITY, 2.0, connections)
    assert len(load.answered) >= 0.9 * 2.0 * CAPACITY
    assert percentile_99(load.answered) < 0.05
    assert load.refused
    assert percentile_99(load.refused) < HOLD_SECONDS


def test_refusals_keep_their_pace_and_all_go_out_although_nobody_waits(load: Load) -> None:
    load.run(5 * CAPACITY, 1.0, 1000)
    held = 1000 - len(load.free)
    load.run(0.001, 0.1, 1000)
    released = held - (1000 - len(load.free))
    assert released == pytest.approx(0.1 / HANDLE_SECONDS / ANSWERS_PER_REFUSAL, rel=0.25)
    load.run(0.001, HOLD_SECONDS, 1000)
    assert len(load.free) == 1000


def test_few_clients_make_no_queue_that_stands_however_hasty_they_are(load: Load) -> None:
    load.run(20 * CAPACITY, 2.0, connections=100)
    assert load.refused == []
    assert percentile_99(load.answered) < BUDGET_SECONDS


def test_after_overload_all_are_answered_again(load: Load) -> None:
    load.run(5 * CAPACITY, 3.0, 1000)
    load.run(0.5 * CAPACITY, HOLD_SECONDS, 1000)
    forget(load)
    load.run(0.5 * CAPACITY, 2.0, 1000)
    assert load.refused == []
    assert len(load.answered) == pytest.approx(CAPACITY, rel=0.01)
    assert load.admission.asks_from > 1e9


def test_burst_that_passes_is_answered_as_a_whole(load: Load) -> None:
    load.run(0.5 * CAPACITY, 1.0, 2000)
    load.run(30 * CAPACITY, 0.05, 2000)
    load.run(0.5 * CAPACITY, 1.0, 2000)
    assert load.refused == []


def test_pause_of_the_whole_process_is_no_overload(load: Load) -> None:
    for _ in range(5):
        load.run(0.7 * CAPACITY, 0.5)
        load.clock.now += 0.3
    assert load.refused == []


def test_process_that_is_denied_a_processor_refuses_nobody_as_long_as_it_catches_up(load: Load) -> None:
    for _ in range(20):
        load.run(0.1 * CAPACITY, 0.5, stalls=[0.12] * 3)
    assert load.refused == []
    assert max(seconds for _, seconds in load.answered) > 0.1


def test_budget_of_zero_refuses_nobody() -> None:
    clock = Clock()
    load = Load(Admission(0, clock=clock), clock)
    load.run(5 * CAPACITY, 1.0, 1000)
    assert load.refused == []


def test_overload_is_said_once(load: Load) -> None:
    with capture_logs() as lines:
        for _ in range(3):
            load.run(5 * CAPACITY, 0.5, 1000)
            load.run(0.1 * CAPACITY, 0.5, 1000)
    assert [line["log_level"] for line in lines] == ["warning"]
    assert lines[0]["delay_seconds"] > lines[0]["budget_seconds"] == BUDGET_SECONDS


def test_probes_and_metrics_are_let_in_whatever_happens() -> None:
    admission = Admission(most_in_flight=1)
    for url in UNREFUSED:
        assert admission.refuses(url, 1000) is None
        assert admission.refuses(url + b"?verbose", 1000) is None
        assert admission.refuses(url + b"/more", 1000) == "in_flight"


def test_only_so_many_are_let_in_at_once() -> None:
    admission = Admission(most_in_flight=2)
    assert admission.asks_from == 2
    assert [admission.refuses(URL, in_flight) for in_flight in range(4)] == [
        None,
        None,
        "in_flight",
        "in_flight",
    ]


def test_only_who_is_let_in_takes_a_share_of_the_round(load: Load) -> None:
    load.run(5 * CAPACITY, 1.0, 1000)
    admission = load.admission
    assert admission.is_shedding
    admission.rounds.begin(load.loop.as_loop)
    assert [admission.is_full(0) for _ in range(10_000)] == [None] * 10_000
    reasons = [admission.refuses(URL, 0) for _ in range(10_000)]
    let_in = reasons.count(None)
    assert let_in * HANDLE_SECONDS == pytest.approx(BUDGET_SECONDS / 2, rel=0.1)
    assert reasons == [None] * let_in + ["queue"] * (10_000 - let_in)


def test_while_workers_have_no_place_only_large_requests_for_them_are_refused() -> None:
    admission = Admission()
    admission.working_paths = {b"/batches"}
    assert admission.asks_from > 1e9
    admission.crowd(True)
    assert (admission.asks_from, admission.may_refuse(0)) == (0, True)
    large = INLINE_BODY_BYTES + 1
    asked = {(b"/batches", large): "workers", (b"/batches?a=b", inf): "workers", (b"/batches", 10): None}
    asked |= {(b"/singles", large): None, (b"/livez", inf): None}
    assert {one: admission.refuses(one[0], 0, one[1]) for one in asked} == asked
    admission.crowd(False)
    assert (admission.asks_from > 1e9, admission.may_refuse(0)) == (True, False)
    assert admission.refuses(b"/batches", 0, large) is None


def test_refusals_that_waited_long_enough_go_out_although_others_are_answered() -> None:
    clock = Clock()
    load = Load(make_admission(clock), clock)
    loop = load.loop
    load.admission.rounds.begin(loop.as_loop)
    clients = [Client(load, clock.now) for _ in range(50)]
    for client in clients:
        load.admission.hold(client)
    clock.now += HOLD_SECONDS + INTERVAL_SECONDS
    loop.run_once()
    assert list(load.free) == clients


def test_what_is_refused_and_how_long_others_wait_is_measured(load: Load) -> None:
    load.run(5 * CAPACITY, 1.0, 1000)
    load.admission.count("workers")
    shed, delay = load.admission.collect()
    counts = {sample.labels["reason"]: sample.value for sample in shed.samples}
    assert counts["queue"] >= len(load.refused) > 0
    assert (counts["workers"], counts["key"]) == (1, 0)
    observed = {sample.name: sample.value for sample in delay.samples if not sample.labels}
    rounds = observed["ekiben_queue_delay_seconds_count"]
    assert 0.005 < observed["ekiben_queue_delay_seconds_sum"] / rounds < 0.05
