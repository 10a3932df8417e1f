"""Settings come from flags, then the environment, and travel to another process unchanged."""

import re
from pathlib import Path

import pytest

from bentos.core.errors import SettingsError
from loadtests.settings import LoadSettings, read_settings

KEY = "open sesame"
README = Path(__file__).parents[3] / "loadtests" / "README.md"


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_LOAD_USERS", "7")
    monkeypatch.setenv("EKIBEN_LOAD_SEED", "3")
    settings = read_settings(users=9, seed=None)
    assert (settings.users, settings.seed) == (9, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("USERS", "0"),
        ("DURATION_SECONDS", "inf"),
        ("SHAPE", "wavy"),
        ("BATCH_ROWS", "10001"),
        ("REQUESTS_PER_SECOND_PER_USER", "0"),
        ("CONNECTIONS", "some"),
        ("SEED", "-1"),
    ],
)
def test_value_that_makes_no_sense_is_refused_by_the_variables_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"EKIBEN_LOAD_{name}", value)
    with pytest.raises(SettingsError, match=f"EKIBEN_LOAD_{name}"):
        read_settings()


def test_another_process_gets_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings(shape="spike", users=5, api_key=KEY, model_versions="3, 4", seed=11)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert read_settings() == settings
    assert settings.accepted_versions == {"3", "4"}


def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(read_settings(api_key=KEY))


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(EKIBEN_LOAD_\w+)` \| (.+?) \|", README.read_text(), re.MULTILINE))
    own = {name: field for name, field in LoadSettings.model_fields.items() if not field.validation_alias}
    defaults = {name: field.default for name, field in own.items() if name != "report"}
    shown = {name: f"`{default}`" if default else "none" for name, default in defaults.items()}
    shown["api_key"] = "none"  # pragma: allowlist secret
    assert rows == {f"EKIBEN_LOAD_{name.upper()}": default for name, default in shown.items()} | {
        "EKIBEN_LOAD_USERS": "the shape's",
        "EKIBEN_LOAD_DURATION_SECONDS": "the shape's",
    }
