"""`ekiben evaluate`: metrics as a table and as JSON, and an exit code for what it can't do."""

from pathlib import Path

import pytest

from tests.support import passing_pipeline
from tests.support.commands import CommandLine
from tests.support.passing_pipeline import PassingPipeline


@pytest.fixture
def ekiben(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    command_line = CommandLine(tmp_path, monkeypatch)
    passing_pipeline.install(monkeypatch, PassingPipeline(en=90, fr=80))
    return command_line


def test_metrics_are_shown_and_the_run_is_named(ekiben: CommandLine) -> None:
    result = ekiben.run("evaluate", "tiny", "--windows", "5")
    assert result.exit_code == 0, result.stderr
    assert "pass_share_fr" in result.stdout
    assert "of experiment tiny" in result.stderr
    found = ekiben.json("evaluate", "tiny")
    assert found["metrics"]["pass_share"] == pytest.approx(0.85)
    assert ekiben.bench.tracking._client.get_run(found["run_id"]).data.params["items"] == "0"


def test_registered_version_is_evaluated_by_its_number(ekiben: CommandLine) -> None:
    ekiben.json("train", "tiny")
    assert ekiben.json("evaluate", "tiny", "--version", "1")["version"] == "1"
    assert ekiben.run("evaluate", "tiny", "--version", "9").exit_code == 4


def test_unknown_provider_ends_with_5_and_a_model_without_evaluation_with_4(ekiben: CommandLine) -> None:
    assert ekiben.run("evaluate", "tiny", "--provider", "oracle").exit_code == 5
    refused = ekiben.run("evaluate", "battle")
    assert refused.exit_code == 4
    assert "battle is evaluated by its training and its gate" in refused.stderr


def test_versions_of_a_model_that_passes_are_listed_with_their_shares(ekiben: CommandLine) -> None:
    ekiben.json("train", "tiny")
    listed = ekiben.run("models", "tiny").stdout
    assert "pass_share_en" in listed
    assert "0.8500" in listed
    assert "log_loss" not in listed
