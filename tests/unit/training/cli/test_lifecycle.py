"""`ekiben train`, `gate`, `promote` and `rollback` from the outside: what they print, what they end with."""

from pathlib import Path

import pytest

from tests.support.commands import CommandLine
from tests.support.homes import add_champion, add_version
from tests.support.tiny_pipeline import TinyPipeline
from training.core.registry import CHAMPION

POOR, GOOD = TinyPipeline(trees=4), TinyPipeline(trees=40)


@pytest.fixture
def ekiben(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch)


def test_train_promote_and_train_again_from_the_outside(ekiben: CommandLine) -> None:
    trained = ekiben.json("train", "tiny")
    assert trained["new"] is True
    assert (trained["version"]["version"], trained["version"]["gate"]) == ("1", "passed")
    assert ekiben.json("promote", "tiny") == {
        "model": "tiny",
        "version": "1",
        "previous": "",
        "changed": True,
    }
    again = ekiben.run("train", "tiny")
    assert again.exit_code == 0
    assert "nothing new: tiny version 1" in again.stderr
    ekiben.use(POOR)
    refused = ekiben.run("train", "tiny")
    assert refused.exit_code == 0
    assert "higher than champion 1's on the same 600 items" in refused.stdout


def test_only_the_result_is_on_stdout(ekiben: CommandLine) -> None:
    result = ekiben.run("train", "tiny", "-o", "json")
    assert result.stdout.startswith("{")
    assert result.stdout.endswith("}\n")
    assert "training tiny" in result.stderr or "tiny version 1: passed" in result.stderr


def test_automatic_policy_is_read_from_the_environment(
    ekiben: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKIBEN_PROMOTION", "auto")
    assert ekiben.json("train", "tiny")["promoted"] is True
    assert ekiben.bench.registry.aliases("tiny") == {CHAMPION: "1"}


def test_gate_judges_the_newest_again(ekiben: CommandLine) -> None:
    ekiben.json("train", "tiny")
    result = ekiben.run("gate", "tiny")
    assert result.exit_code == 0
    assert "improvement" in result.stdout
    assert "not applicable" in result.stdout
    assert ekiben.json("gate", "tiny", "--version", "1")["passed"] is True


def test_gate_without_a_version_to_judge_ends_with_4(ekiben: CommandLine) -> None:
    assert ekiben.run("gate", "tiny").exit_code == 4
    assert ekiben.run("gate", "tiny", "--version", "7").exit_code == 4


def test_promotion_against_the_gate_ends_with_3_and_says_how(ekiben: CommandLine) -> None:
    add_champion(ekiben.bench, GOOD)
    add_version(ekiben.bench, POOR, gate="refused", compared_with="1")
    result = ekiben.run("promote", "tiny", "--version", "2")
    assert result.exit_code == 3
    assert "improvement: Log loss is what a test says." in result.stderr
    assert "--force --reason" in result.stderr
    forced = ekiben.run("promote", "tiny", "--version", "2", "--force", "--reason", "a demo")
    assert forced.exit_code == 0
    assert "tiny version 2 is champion now." in forced.stderr
    assert ekiben.bench.registry.version("tiny", "2").forced_because == "a demo"


@pytest.mark.parametrize("arguments", [["--force"], ["--reason", "x"], ["--force", "--reason", "  "]])
def test_force_without_a_reason_is_wrong_usage(ekiben: CommandLine, arguments: list[str]) -> None:
    assert ekiben.run("promote", "tiny", *arguments).exit_code == 2


def test_promotion_without_a_challenger_ends_with_4(ekiben: CommandLine) -> None:
    result = ekiben.run("promote", "tiny")
    assert result.exit_code == 4
    assert "no challenger" in result.stderr


def test_altered_package_ends_with_6(ekiben: CommandLine) -> None:
    version = add_version(ekiben.bench, GOOD)
    Path(version.uri, "model.onnx").write_bytes(b"other")
    result = ekiben.run("promote", "tiny")
    assert result.exit_code == 6
    assert "model.onnx" in result.stderr
    assert "Traceback" not in result.stderr


def test_promoting_twice_says_that_nothing_changed(ekiben: CommandLine) -> None:
    add_champion(ekiben.bench, GOOD)
    result = ekiben.run("promote", "tiny", "--version", "1")
    assert result.exit_code == 0
    assert "was champion already" in result.stderr


def test_rollback_prints_who_is_champion_again(ekiben: CommandLine) -> None:
    add_champion(ekiben.bench, POOR)
    add_champion(ekiben.bench, GOOD)
    assert ekiben.json("rollback", "tiny")["version"] == "1"
    result = ekiben.run("rollback", "tiny")
    assert result.exit_code == 3
    assert "no earlier champion" in result.stderr
    assert ekiben.run("promote", "tiny", "--version", "2").exit_code == 3


def test_registry_that_is_away_ends_with_7(ekiben: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("EKIBEN_TRACKING_RETRIES", "0")
    result = ekiben.run("rollback", "tiny")
    assert result.exit_code == 7
    assert "http://127.0.0.1:9" in result.stderr


def test_data_that_do_not_grow_are_a_data_error(ekiben: CommandLine) -> None:
    refused = ekiben.run("train", "tiny", "--new-battles", "5")
    assert refused.exit_code == 8
    assert "The training data of tiny are fixed" in refused.stderr


def test_prune_says_what_it_removed(ekiben: CommandLine) -> None:
    ekiben.json("train", "tiny")
    assert ekiben.json("prune", "tiny") == {"model": "tiny", "removed": []}
    assert "none" in ekiben.run("prune", "tiny").stdout
