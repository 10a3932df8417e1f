"""What every test gets: no telemetry, no settings of the developer, no verdicts by the clock."""

import os

import hypothesis
import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["BENTOML_DO_NOT_TRACK"] = "true"
os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"

# A busy machine is slow at making examples too; that says nothing about the code.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove `EKIBEN_*` and `MLFLOW_TRACKING_URI`, so that a test means the same on every machine."""
    for name in [name for name in os.environ if name.startswith("EKIBEN_") or name == "MLFLOW_TRACKING_URI"]:
        monkeypatch.delenv(name)
