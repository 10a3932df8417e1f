"""A bystander's times are those of answers, not of refusals."""

import time
from collections.abc import Callable

import pytest

from loadtests.benchmarks.bystander import Bystander
from loadtests.benchmarks.forms import Contender
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.servers import Question, Server
from loadtests.benchmarks.subject import start_subject


def _wait_for(holds: Callable[[], bool]) -> None:
    for _ in range(3_000):
        if holds():
            return
        time.sleep(0.01)
    pytest.fail("it never came true")


def test_answers_have_times(server: Server, contender: Contender) -> None:
    question = contender.single.question(contender.single.draw(1, 2))
    with Bystander(server, question) as bystander:
        _wait_for(lambda: len(bystander.seconds) >= 3)
    assert bystander.refused == 0
    tail = bystander.p99_seconds()
    assert tail is not None
    assert min(bystander.seconds) <= tail <= max(bystander.seconds)


def test_refusals_have_none(server: Server) -> None:
    with Bystander(server, Question("/v2/models/synthetic/infer", b"{")) as bystander:
        _wait_for(lambda: bystander.refused >= 2)
    assert (bystander.seconds, bystander.p99_seconds()) == ([], None)


def test_server_that_is_gone_refuses(contender: Contender, site: Site) -> None:
    question = contender.single.question(contender.single.draw(1, 2))
    with start_subject(contender, site) as gone, Bystander(gone, question) as bystander:
        _wait_for(lambda: bool(bystander.seconds))
        gone.stop()
        _wait_for(lambda: bystander.refused >= 2)
    assert bystander.seconds
