"""The analyst's processes under `ekiben up`: optional, in the home, asking nobody outside by themselves."""

from pathlib import Path

import pytest

from training.analyst.local import (
    analyst_service,
    collector_service,
    language_model_service,
    training_service,
    wants_embedded_model,
)
from training.core.pins import Rollout
from training.core.settings import TrainingSettings

ROLLOUT = Rollout(uri="/packages/1", version="1", digest="sha256:" + "ab" * 32, public_key="/keys/k.pem")


@pytest.fixture
def settings(tmp_path: Path) -> TrainingSettings:
    return TrainingSettings(home=tmp_path, promotion="auto")


def test_everything_is_optional_and_only_answering_has_full_priority(settings: TrainingSettings) -> None:
    services = [
        collector_service(settings),
        training_service(settings),
        language_model_service(settings, 3200),
        analyst_service(settings, ROLLOUT, 3001, 3200),
    ]
    assert all(service.is_optional for service in services)
    assert [service.command[:2] == ("nice", "-n") for service in services] == [True, True, True, False]
    assert [service.ends for service in services] == [False, True, False, False]
    assert len({service.log_path for service in services}) == 4


def test_prices_come_out_of_the_archives_and_lie_in_the_home(settings: TrainingSettings) -> None:
    collector = collector_service(settings)
    assert collector.command[3:] == (*collector.command[3:5], "bentos.analyst.collect", "prices", "--loop")
    assert collector.environment == {
        "EKIBEN_DATABASE_URL": f"sqlite:///{settings.home / 'ekiben.db'}",
        "EKIBEN_COLLECT_ARCHIVES": str(settings.home / "archives"),
        "EKIBEN_COLLECT_PRICES": "history",
    }


def test_what_the_operator_says_wins(settings: TrainingSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_COLLECT_PRICES", "kraken")
    monkeypatch.setenv("EKIBEN_DATABASE_URL", "postgresql://db/ekiben")
    monkeypatch.setenv("EKIBEN_ANALYST_OPENAI_URL", "http://elsewhere/v1")
    collector = collector_service(settings)
    assert set(collector.environment) == {"EKIBEN_COLLECT_ARCHIVES"}
    assert "news" in collector.command
    assert "EKIBEN_ANALYST_OPENAI_URL" not in analyst_service(settings, ROLLOUT, 3001, 3200).environment
    assert not wants_embedded_model()


def test_service_answers_with_the_pin_and_asks_the_embedded_model(settings: TrainingSettings) -> None:
    environment = analyst_service(settings, ROLLOUT, 3001, 3205).environment
    assert environment["EKIBEN_MODEL_DIGEST"] == ROLLOUT.digest
    assert environment["EKIBEN_SERVER_PORT"] == "3001"
    assert environment["EKIBEN_ANALYST_OPENAI_URL"] == "http://127.0.0.1:3205/v1"
    assert wants_embedded_model()


def test_training_follows_the_policy(settings: TrainingSettings) -> None:
    service = training_service(settings)
    assert service.command[-3:] == ("-m", "training.cli.champion", "analyst")
    assert service.environment == {"EKIBEN_HOME": str(settings.home), "EKIBEN_PROMOTION": "auto"}
