"""What goes on beside a measurement ends with it."""

import threading

from loadtests.benchmarks.sampler import Sampler


def test_samples_are_taken_until_the_end_and_failures_are_passed_over() -> None:
    taken: list[int] = []
    enough = threading.Event()

    def take() -> None:
        taken.append(1)
        if len(taken) == 2:
            raise OSError("gone for a moment")
        if len(taken) == 4:
            enough.set()

    with Sampler(take, 0.001):
        assert enough.wait(30.0)
    after = len(taken)
    assert threading.active_count() >= 1
    assert len(taken) == after
