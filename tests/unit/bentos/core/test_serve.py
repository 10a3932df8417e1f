"""The command in front of the process. The process itself is tested as one, in `tests/integration`."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bentos.core.serve import main, most_in_flight, seconds_since_start
from bentos.core.settings import ServerSettings
from tests.support.logs import kept_logs
from tests.support.tiny.definition import DEFINITION
from tests.support.tiny.package import TinyPackage

TINY = "tests.support.tiny.definition:DEFINITION"


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    with kept_logs():
        yield


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    line: dict[str, Any] = json.loads(captured.out.splitlines()[-1])
    return line


def test_check_of_a_sound_package_says_which_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tiny_package: TinyPackage
) -> None:
    for name, value in tiny_package.environment.items():
        monkeypatch.setenv(name, value)
    assert main([TINY, "--check"]) == 0
    line = last_line(capsys)
    assert (line["event"], line["model_version"], line["model_digest"]) == (
        "The package is sound",
        "7",
        tiny_package.pin.digest,
    )


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "words"),
    [
        ([TINY, "--check"], {}, 6, "No pin.json at"),
        ([TINY, "--check"], {"EKIBEN_MODEL_SOURCE": "registry"}, 5, "EKIBEN_MODEL_URI is empty"),
        ([TINY], {"EKIBEN_SERVER_PORT": "x"}, 5, "EKIBEN_SERVER_PORT: "),
        ([TINY], {"EKIBEN_SERVER_HOST": "0.0.0.0"}, 5, "without API keys is refused"),
        ([TINY], {"EKIBEN_RATE_LIMIT_PER_KEY": "1/second"}, 5, "EKIBEN_RATE_LIMIT_PER_KEY counts by API key"),
        ([TINY], {"EKIBEN_AUTH_KEY_DIGESTS": "x"}, 5, "digest 1 is not a SHA-256"),
        (
            [TINY],
            {"EKIBEN_SERVER_HOST": "203.0.113.1", "EKIBEN_AUTH_MODE": "off"},
            5,
            "Can't listen on 203.0.113.1",
        ),
        (["nothing"], {}, 5, "There is no service 'nothing'"),
    ],
)
def test_what_can_not_work_ends_with_one_sentence_and_its_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    settings: dict[str, str],
    code: int,
    words: str,
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert main(arguments) == code
    line = last_line(capsys)
    assert (line["level"], line["exit_code"]) == ("error", code)
    assert words in line["event"]


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--nothing"], 2), (["--help"], 0)])
def test_usage_is_explained(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == code
    captured = capsys.readouterr()
    assert "python -m bentos.core.serve" in captured.out + captured.err
    assert code != 0 or all(f"\n  {number}  " in captured.out for number in (0, 1, 2, 5, 6))


def test_age_of_the_process_is_known() -> None:
    assert 0 < seconds_since_start() < 24 * 3600


@pytest.mark.parametrize(("setting", "most"), [(None, 7), (0, 0), (3, 3)])
def test_setting_outranks_what_the_service_says_about_requests_in_flight(
    setting: int | None, most: int
) -> None:
    patient = replace(DEFINITION, most_in_flight=7)
    assert most_in_flight(patient, ServerSettings(most_in_flight=setting)) == most
