"""What a release says about itself."""

import subprocess
from pathlib import Path

import pytest

from k8s.changelog import main, previous_tag, render


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    _git(tmp_path, "init", "--quiet", "--initial-branch=main")
    for subject, tag in (("Begin", "v0.1.0"), ("Add a chart", ""), ("Mend the chart", "v0.2.0")):
        _git(
            tmp_path,
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b.c",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            subject,
        )
        if tag:
            _git(tmp_path, "tag", tag)
    return tmp_path


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def test_changelog_lists_the_commits_since_the_tag_before(repository: Path) -> None:
    text = render(repository, "v0.2.0")
    assert text.startswith("# v0.2.0\n\nSince v0.1.0:")
    assert [line[:14] for line in text.splitlines() if line.startswith("- ")] == [
        "- Mend the cha",
        "- Add a chart ",
    ]


def test_first_release_lists_everything(repository: Path) -> None:
    assert previous_tag(repository, "v0.1.0") == ""
    assert "- Begin (" in render(repository, "v0.1.0")


def test_unknown_tag_is_an_error_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["v99.99.99"]) == 1
    assert "v99.99.99" in capsys.readouterr().err


def test_changelog_is_written_where_it_is_wanted(tmp_path: Path) -> None:
    target = tmp_path / "new" / "changelog.md"
    assert main(["HEAD", "--output", str(target)]) == 0
    assert target.read_text().startswith("# HEAD")
