"""Cost as a ratio of CPU time: what computes more costs more, what only waits costs nothing."""

import time

from training.core.cost import cost_ratio, median_cost_seconds


def work(steps: int) -> int:
    return sum(range(steps))


def test_three_times_the_work_costs_clearly_more() -> None:
    found = cost_ratio(lambda: work(3000), lambda: work(1000))
    assert 1.5 < found.ratio < 6.0
    assert found.challenger_seconds > found.champion_seconds > 0


def test_same_work_costs_about_the_same() -> None:
    assert 0.5 < cost_ratio(lambda: work(2000), lambda: work(2000)).ratio < 2.0


def test_waiting_is_no_cost() -> None:
    def wait_and_work() -> int:
        time.sleep(0.0005)
        return work(3000)

    assert (
        cost_ratio(wait_and_work, lambda: work(3000), rounds=3).ratio < 4.0
    )  # of time passed it is ten times as much


def test_each_is_called_equally_often_and_in_turns() -> None:
    called: list[str] = []
    cost_ratio(lambda: called.append("challenger"), lambda: called.append("champion"), rounds=4)
    assert called.count("challenger") == called.count("champion")
    turns = [name for position, name in enumerate(called) if called[position - 1] != name]
    assert len(turns) >= 5


def test_cost_alone_is_a_time() -> None:
    assert 0 < median_cost_seconds(lambda: work(1000), rounds=5) < 1.0
