"""Settings: defaults, nonsense refused by name, no secrets in messages."""

from pathlib import Path

import pytest

from bentos.core.errors import SettingsError
from training.core.settings import TrainingSettings, read_settings


def test_everything_lies_in_the_home_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings()
    assert settings.home == tmp_path / ".ekiben"
    assert settings.tracking == f"sqlite:///{tmp_path}/.ekiben/mlflow.db"
    assert settings.artifacts == f"{tmp_path}/.ekiben/artifacts"
    assert settings.store == f"{tmp_path}/.ekiben/packages"
    assert settings.public_key == tmp_path / ".ekiben" / "keys" / "trainer.pub.pem"


def test_relative_store_is_made_absolute_and_a_url_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert TrainingSettings(store_uri="there").store == str(tmp_path / "there")
    assert TrainingSettings(store_uri="s3://models/packages").store == "s3://models/packages"


def test_a_server_decides_where_artifacts_lie_unless_told() -> None:
    assert TrainingSettings(tracking_uri="http://mlflow:5000").artifacts is None
    told = TrainingSettings(tracking_uri="http://mlflow:5000", artifacts_uri="s3://models/mlflow")
    assert told.artifacts == "s3://models/mlflow"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("EKIBEN_PROMOTION", "perhaps"),
        ("EKIBEN_RETENTION_VERSIONS", "0"),
        ("EKIBEN_RETENTION_ROLLBACKS", "many"),
        ("EKIBEN_TRACKING_URI", "./mlruns"),
        ("EKIBEN_TRACKING_TIMEOUT_SECONDS", "-1"),
        ("EKIBEN_LOCK_TIMEOUT_SECONDS", "-1"),
    ],
)
def test_nonsense_is_refused_by_the_name_of_its_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable):
        read_settings()


def test_home_that_is_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").write_text("")
    monkeypatch.setenv("EKIBEN_HOME", str(tmp_path / "home"))
    with pytest.raises(SettingsError, match="EKIBEN_HOME"):
        read_settings()


def test_label_of_the_registry_hides_user_and_password() -> None:
    settings = TrainingSettings(tracking_uri="postgresql+psycopg://ann:hunter2@db:5432/mlflow")
    assert settings.tracking_label == "postgresql+psycopg://db:5432/mlflow"
    assert TrainingSettings(home=Path("/x")).tracking_label == "sqlite:////x/mlflow.db"


def test_public_key_lies_beside_a_chosen_private_key(tmp_path: Path) -> None:
    settings = TrainingSettings(signing_key=tmp_path / "team.pem")
    assert settings.public_key == tmp_path / "team.pub.pem"
