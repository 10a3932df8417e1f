"""Settings come from the environment, and only as they make sense."""

import pytest

from bentos.core.errors import SettingsError
from bentos.core.settings import Settings


def test_defaults_serve_on_loopback() -> None:
    settings = Settings()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 3000)
    assert (settings.model.source, settings.auth.mode, settings.log.level) == ("image", "auto", "info")


def test_environment_is_read_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_SERVER_PORT", "0")
    monkeypatch.setenv("EKIBEN_MODEL_SOURCE", "registry")
    monkeypatch.setenv("EKIBEN_LOG_ACCESS_SAMPLE", "1")
    settings = Settings()
    assert (settings.server.port, settings.model.source, settings.log.access_sample) == (0, "registry", 1.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EKIBEN_SERVER_PORT", "65536"),
        ("EKIBEN_SERVER_PORT", "http"),
        ("EKIBEN_SERVER_LINGER_SECONDS", "-1"),
        ("EKIBEN_SERVER_WORKER_THREADS", "0"),
        ("EKIBEN_SERVER_MOST_WAITING", "0"),
        ("EKIBEN_SERVER_QUEUE_BUDGET_SECONDS", "-0.1"),
        ("EKIBEN_SERVER_QUEUE_BUDGET_SECONDS", "nan"),
        ("EKIBEN_SERVER_MOST_IN_FLIGHT", "-1"),
        ("EKIBEN_SERVER_MOST_CONNECTIONS", "0"),
        ("EKIBEN_MODEL_SOURCE", "elsewhere"),
        ("EKIBEN_MODEL_THREADS", "0"),
        ("EKIBEN_AUTH_MODE", "maybe"),
        ("EKIBEN_LOG_LEVEL", "loud"),
        ("EKIBEN_LOG_ACCESS_SAMPLE", "2"),
    ],
)
def test_value_that_makes_no_sense_is_refused_by_the_variables_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name}: "):
        Settings()


def test_digest_without_its_algorithm_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_MODEL_DIGEST", "2354")
    with pytest.raises(SettingsError, match="EKIBEN_MODEL_DIGEST"):
        Settings()
