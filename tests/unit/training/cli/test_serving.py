"""`ekiben serve`, `predict` and `build`: exactly what is pinned, verified, or nothing."""

import json
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from bentos.core.package import Pin
from tests.support.commands import CommandLine
from tests.support.homes import add_champion, add_version
from tests.support.tiny_pipeline import TinyPipeline
from training.core import staging

POOR, GOOD = TinyPipeline(trees=4), TinyPipeline(trees=40)
REQUEST = '{"height": 1.0, "weight": 0.0, "speed": 0.5}'


@pytest.fixture
def ekiben(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch)


def test_prediction_is_the_pinned_champions(ekiben: CommandLine) -> None:
    add_champion(ekiben.bench, GOOD)
    answer = json.loads(ekiben.run("predict", "tiny", REQUEST).stdout)
    assert answer["model_version"] == "1"
    assert answer["wins"] > 0.5
    table = ekiben.run("predict", "tiny", REQUEST, "--output", "table").stdout
    assert table.split()[0] == "wins"


def test_prediction_by_another_version_is_that_versions(ekiben: CommandLine) -> None:
    add_champion(ekiben.bench, POOR)
    add_version(ekiben.bench, GOOD, gate="refused")
    answers = [json.loads(ekiben.run("predict", "tiny", REQUEST, "-v", version).stdout) for version in "12"]
    assert [answer["model_version"] for answer in answers] == ["1", "2"]
    assert answers[0]["wins"] != answers[1]["wins"]


def test_request_is_read_from_stdin(ekiben: CommandLine) -> None:
    add_champion(ekiben.bench, GOOD)
    assert json.loads(ekiben.run("predict", "tiny", "-", stdin=REQUEST).stdout)["model_version"] == "1"


@pytest.mark.parametrize("request_text", ["{", "[]", "7", '{"height": 1}'])
def test_request_that_makes_no_sense_is_wrong_usage(ekiben: CommandLine, request_text: str) -> None:
    add_champion(ekiben.bench, GOOD)
    result = ekiben.run("predict", "tiny", request_text)
    assert result.exit_code == 2
    assert "REQUEST" in result.stderr


@pytest.mark.parametrize("arguments", [["predict", "tiny", REQUEST], ["serve", "tiny"], ["build", "tiny"]])
def test_without_a_champion_nothing_is_served_asked_or_built(
    ekiben: CommandLine, arguments: list[str]
) -> None:
    result = ekiben.run(*arguments)
    assert result.exit_code == 4
    assert "no champion" in result.stderr


@pytest.mark.parametrize("name", ["model.onnx", "manifest.json", "manifest.sig", "contract.json"])
def test_altered_package_answers_nothing_and_is_not_built(ekiben: CommandLine, name: str) -> None:
    version = add_champion(ekiben.bench, GOOD)
    Path(version.uri, name).write_bytes(b"other")
    for arguments in (["predict", "tiny", REQUEST], ["build", "tiny"]):
        result = ekiben.run(*arguments)
        assert result.exit_code == 6
        assert result.stdout == ""


def test_bento_is_built_from_the_verified_package_of_the_pin(
    ekiben: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = add_champion(ekiben.bench, GOOD)
    staged: dict[str, bytes] = {}

    def stage(name: str, folder: Path, pin: Pin, public_key: Path) -> Path:
        staged.update({path.name: path.read_bytes() for path in folder.iterdir()})
        assert (name, pin.version, pin.digest) == ("tiny", "1", version.digest)
        assert stat.S_IMODE(folder.stat().st_mode) & 0o055 == 0o055, "a pod could not read it"
        assert public_key == ekiben.bench.settings.public_key
        return folder

    monkeypatch.setattr(staging, "stage_package", stage)
    monkeypatch.setattr(staging, "build_bento", lambda name: f"{name}:abc")
    assert ekiben.json("build", "tiny") == {"bento": "tiny:abc", "version": "1", "digest": version.digest}
    assert set(staged) == {*GOOD.files(), "manifest.json", "manifest.sig"}
    assert "tiny:abc" in ekiben.run("build", "tiny").stdout


def test_serving_process_gets_the_pin_and_nothing_else(
    ekiben: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = add_champion(ekiben.bench, GOOD)
    started: list[tuple[str, list[str], dict[str, str]]] = []

    def execute(path: str, arguments: list[str], environment: dict[str, str]) -> None:
        started.append((path, arguments, environment))

    monkeypatch.setattr(os, "execve", execute)
    monkeypatch.setenv("EKIBEN_MODEL_DIGEST", "sha256:of-another")
    assert ekiben.run("serve", "tiny").exit_code == 0
    ((path, arguments, environment),) = started
    assert path == sys.executable
    assert arguments[1:] == ["-m", "bentos.core.serve", "tiny"]
    assert environment["EKIBEN_MODEL_DIGEST"] == version.digest
    assert environment["EKIBEN_MODEL_SOURCE"] == "registry"
    assert environment["PATH"] == os.environ["PATH"]


def test_pin_whose_package_is_gone_is_not_served_and_says_what_to_do(ekiben: CommandLine) -> None:
    version = add_champion(ekiben.bench, GOOD)
    shutil.rmtree(version.uri)
    result = ekiben.run("serve", "tiny")
    assert result.exit_code == 6
    assert "`ekiben promote tiny --version 1` writes the pin again" in result.stderr
