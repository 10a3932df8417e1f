"""What is tried follows what is there."""

from pathlib import Path

import pytest

from loadtests.benchmarks import subject
from loadtests.benchmarks.contenders import SYNTHETIC
from loadtests.benchmarks.errors import ServerUnusable
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.subject import find_subject
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


def test_analyst_that_collected_nothing_is_refused(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKIBEN_HOME", str(tmp_path))
    with pytest.raises(ServerUnusable, match="collected no prices"):
        find_subject(site, "analyst")
