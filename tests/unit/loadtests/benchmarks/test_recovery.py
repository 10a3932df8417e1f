"""A server has recovered when it answers well for a second."""

import math

import pytest

from loadtests.benchmarks import recovery
from loadtests.benchmarks.forms import Contender
from loadtests.benchmarks.recovery import answers_well, recovery_seconds
from loadtests.benchmarks.servers import Question, Server


def test_server_that_answers_well_has_recovered(
    server: Server, contender: Contender, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How quick it is here is not what is tested.
    monkeypatch.setattr(recovery, "CALM_ANSWER_SECONDS", 30.0)
    monkeypatch.setattr(recovery, "CALM_SECONDS", 0.1)
    question = contender.single.question(contender.single.draw(1, 1))
    assert recovery_seconds(server, question) < 60.0


def test_server_that_refuses_never_recovers(server: Server) -> None:
    refused = Question("/v2/models/synthetic/infer", b"{")
    assert not answers_well(server, refused)
    assert recovery_seconds(server, refused, longest_seconds=0.2) == math.inf
