"""The analyst is tried with what this machine has of it."""

from pathlib import Path

import msgspec
import pytest

from loadtests.benchmarks.analyst_subject import ANALYSIS_PATH, analyst_contender
from loadtests.benchmarks.forms import Contender
from tests.support.battle_package import make_battle_package


@pytest.fixture
def analyst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Contender:
    monkeypatch.setenv("EKIBEN_HOME", str(tmp_path))
    (tmp_path / "pins").mkdir()
    pin = msgspec.json.encode(make_battle_package(tmp_path))
    (tmp_path / "pins" / "analyst.json").write_bytes(pin)
    (tmp_path / "analyst.db").touch()
    return analyst_contender()


def test_analyst_has_its_pin_its_prices_and_no_language_model(analyst: Contender, tmp_path: Path) -> None:
    settings = analyst.launch.environment
    assert settings["EKIBEN_DATABASE_URL"] == f"sqlite:///{tmp_path}/analyst.db"
    assert settings["EKIBEN_ANALYST_PROVIDERS"] == ""
    assert settings["EKIBEN_MODEL_SOURCE"] == "registry"
    assert not analyst.batches


def test_its_question_has_no_body(analyst: Contender) -> None:
    question = analyst.single.question(analyst.single.draw(1, 0))
    assert (question.method, question.path) == ("GET", ANALYSIS_PATH)
    assert analyst.single.bodies(2, rows=1).contents == [b"", b""]
