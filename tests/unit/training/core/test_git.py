"""Which code made a model, asked of a real repository."""

import subprocess
from pathlib import Path

import pytest

from training.core.git import git_state


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    (tmp_path / "code.py").write_text("x = 1\n")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    return tmp_path


def test_clean_checkout_is_named_by_its_commit(checkout: Path) -> None:
    state = git_state(checkout)
    assert len(state.commit) == 40
    assert str(state) == state.commit


def test_changed_file_makes_the_checkout_dirty(checkout: Path) -> None:
    (checkout / "code.py").write_text("x = 2\n")
    state = git_state(checkout)
    assert state.dirty
    assert str(state) == f"{state.commit}-dirty"


def test_folder_outside_a_checkout_has_no_commit(tmp_path: Path) -> None:
    assert str(git_state(tmp_path)) == "unknown"


def test_commit_that_an_image_was_built_from_is_believed(tmp_path: Path) -> None:
    assert str(git_state(tmp_path, built_from="abc")) == "abc"
