"""What every test gets: no telemetry, no settings from the developer's own shell."""

import os

import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["BENTOML_DO_NOT_TRACK"] = "true"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove `EKIBEN_*` and `MLFLOW_TRACKING_URI`, so that a test means the same on every machine."""
    for name in [name for name in os.environ if name.startswith("EKIBEN_") or name == "MLFLOW_TRACKING_URI"]:
        monkeypatch.delenv(name)
