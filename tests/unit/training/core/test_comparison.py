"""What a reviewer of a change to a model is shown."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.support.homes import add_version, make_bench
from tests.support.tiny_pipeline import TinyPipeline
from training.core.comparison import NotCompared, Side, checked_out, render, train_side, write_report
from training.core.registry import ModelVersion


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> ModelVersion:
    return add_version(make_bench(tmp_path_factory.mktemp("home")), TinyPipeline(trees=20))


def _with(version: ModelVersion, **metrics: float) -> ModelVersion:
    return msgspec.structs.replace(version, metrics=metrics)


def _repository(folder: Path) -> Path:
    folder.mkdir()
    for command in (
        ["git", "init", "--quiet", "--initial-branch=main"],
        [
            "git",
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.c",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "x",
        ],
    ):
        subprocess.run(command, cwd=folder, check=True)
    return folder


def test_interval_and_difference_stand_beside_a_metric(version: ModelVersion) -> None:
    before = Side("base", _with(version, accuracy=0.9, accuracy_low=0.88, accuracy_high=0.92), ())
    after = Side("change", _with(version, accuracy=0.91, accuracy_low=0.89, accuracy_high=0.93), ())
    assert "| accuracy | 0.9 (0.88 to 0.92) | 0.91 (0.89 to 0.93) | +0.01 |" in render(before, after)


def test_metric_that_only_one_side_has_is_shown_without_a_difference(version: ModelVersion) -> None:
    report = render(Side("base", _with(version), ()), Side("change", _with(version, trees=200), ()))
    assert "| trees |  | 200 |  |" in report


def test_equal_inputs_are_said_to_be_equal(version: ModelVersion) -> None:
    changed = msgspec.structs.replace(version, inputs_sha256="sha256:other")
    assert "same on both sides" in render(Side("base", version, ()), Side("change", version, ()))
    assert "parameters of the training changed" in render(
        Side("base", version, ()), Side("change", changed, ())
    )


def test_figures_lie_beside_the_report_that_shows_them(version: ModelVersion, tmp_path: Path) -> None:
    figure = tmp_path / "roc.png"
    figure.write_bytes(b"png")
    report = write_report(tmp_path / "out", Side("base", version, ()), Side("change", version, (figure,)))
    assert "![change: roc.png](change/roc.png)" in report.read_text()
    assert (report.parent / "change" / "roc.png").read_bytes() == b"png"


def test_checked_out_commit_is_gone_afterwards(tmp_path: Path) -> None:
    repository = _repository(tmp_path / "repository")
    with checked_out(repository, "main") as tree:
        assert (tree / ".git").exists()
    assert not tree.exists()


def test_unknown_commit_is_an_error_that_names_it(tmp_path: Path) -> None:
    repository = _repository(tmp_path / "repository")
    with pytest.raises(NotCompared, match="no-such-branch"), checked_out(repository, "no-such-branch"):
        pass


def test_training_that_fails_is_an_error_with_its_last_word(tmp_path: Path) -> None:
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "cli.py").write_text("import sys; sys.exit('ekiben: no such model')")
    (tmp_path / "training" / "__init__.py").touch()
    with pytest.raises(NotCompared, match=f"{sys.executable}.* failed: ekiben: no such model"):
        train_side(tmp_path, "battle", "base", tmp_path / "home")
