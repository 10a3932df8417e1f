"""What is tried follows what is there."""

import threading

import pytest

from loadtests.benchmarks import subject
from loadtests.benchmarks.contenders import SYNTHETIC
from loadtests.benchmarks.errors import ServerUnusable
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.subject import Sampler, find_subject
from loadtests.benchmarks.synthetic.model import TrainedModel


@pytest.fixture(autouse=True)
def _nothing_trained(small_model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "train_model", lambda: small_model)
    monkeypatch.setattr(subject, "find_pin", lambda: None)


def test_without_a_champion_the_synthetic_model_is_tried(site: Site) -> None:
    assert find_subject(site, None).name == SYNTHETIC
    assert find_subject(site, "synthetic").name == SYNTHETIC


def test_battle_without_a_champion_is_refused(site: Site) -> None:
    with pytest.raises(ServerUnusable, match="champion"):
        find_subject(site, "battle")


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
