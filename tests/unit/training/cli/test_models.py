"""`ekiben models`: lists, details and reasons, as tables and as JSON."""

from pathlib import Path

import pytest

from tests.support.commands import CommandLine
from tests.support.homes import add_champion, add_version
from tests.support.tiny_pipeline import TinyPipeline
from training.cli.models import check_rows
from training.core.pipeline import Check
from training.core.promotion import rollback
from training.core.verdict import Verdict

POOR, GOOD = TinyPipeline(trees=4), TinyPipeline(trees=40)


@pytest.fixture
def ekiben(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch)


def test_empty_registry_is_said_on_stderr_and_is_an_empty_list(ekiben: CommandLine) -> None:
    result = ekiben.run("models")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No model is registered yet" in result.stderr
    assert ekiben.json("models") == []
    assert ekiben.json("models", "tiny") == []
    assert "tiny has no versions yet" in ekiben.run("models", "tiny").stderr


def test_all_models_are_listed_with_their_aliases(ekiben: CommandLine) -> None:
    add_champion(ekiben.bench, GOOD)
    add_version(ekiben.bench, POOR, gate="refused")
    row = next(line for line in ekiben.run("models").stdout.splitlines() if "tiny" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "tiny",
        "1",
        "none",
        "2",
        "refused",
        "2",
    ]


def test_versions_say_what_became_of_them(ekiben: CommandLine) -> None:
    add_champion(ekiben.bench, POOR)
    add_champion(ekiben.bench, GOOD)
    rollback(ekiben.bench, GOOD)
    add_version(ekiben.bench, TinyPipeline(trees=5), gate="refused", compared_with="1")
    lines = ekiben.run("models", "tiny").stdout.splitlines()
    rows = {line.split()[1]: line for line in lines if line.startswith("│")}
    assert "champion" in rows["1"]
    assert "quarantined" in rows["2"]
    assert "refused" in rows["3"]
    assert "improvement" in rows["3"]


def test_one_version_shows_verdict_scores_and_origin(ekiben: CommandLine) -> None:
    ekiben.json("train", "tiny")
    shown = ekiben.run("models", "tiny", "--version", "1").stdout
    for expected in ("sha256:", "train/log_loss", "improvement", "roc_auc", "challenger", "not applicable"):
        assert expected in shown
    document = ekiben.json("models", "tiny", "--version", "1")
    assert document["verdict"]["scores"]["log_loss"] == pytest.approx(0.35, abs=0.15)
    assert document["inputs_sha256"] == GOOD.inputs().digest()


def test_json_lists_the_newest_version_first(ekiben: CommandLine) -> None:
    add_version(ekiben.bench, POOR)
    add_version(ekiben.bench, GOOD)
    assert [version["version"] for version in ekiben.json("models", "tiny")] == ["2", "1"]
    assert [version["model"] for version in ekiben.json("models")] == ["tiny", "tiny"]


def test_missing_version_ends_with_4_and_version_without_model_with_2(ekiben: CommandLine) -> None:
    assert ekiben.run("models", "tiny", "--version", "5").exit_code == 4
    assert ekiben.run("models", "--version", "5").exit_code == 2


def test_check_that_could_not_be_made_is_neither_passed_nor_refused() -> None:
    checks = (
        Check(name="a", passed=True, detail="fine"),
        Check(name="b", passed=False, detail="bad"),
        Check(name="c", passed=True, applicable=False, detail="alone"),
    )
    verdict = Verdict(passed=False, compared_with="", checks=checks, scores={}, champion_scores={})
    assert check_rows(verdict) == [
        ("a", "passed", "fine"),
        ("b", "refused", "bad"),
        ("c", "not applicable", "alone"),
    ]
