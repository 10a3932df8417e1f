"""The command line refuses what it can refuse before there is any load; real loads are integration tests."""

from pathlib import Path

import pytest

from loadtests.run import main


def test_a_host_that_was_not_meant_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "http://example.org", "--output", str(tmp_path / "report")]) == 5
    assert "EKIBEN_LOAD_ALLOW_HOST=example.org" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()


def test_a_host_that_does_not_answer_gets_no_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "http://127.0.0.1:1", "--output", str(tmp_path / "report")]) == 7
    assert "not ready for load" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()


def test_marks_are_read_before_anything_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "http://127.0.0.1:1", "--thresholds", str(tmp_path / "none.yaml")]) == 5
    assert "none.yaml" in capsys.readouterr().err


def test_settings_and_key_files_that_make_no_sense_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--users", "0"]) == 5
    assert "EKIBEN_LOAD_USERS" in capsys.readouterr().err
    assert main(["--api-key-file", str(tmp_path / "none")]) == 5
    assert "can't be read" in capsys.readouterr().err


def test_wrong_usage_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--shape", "wavy"])
    assert ended.value.code == 2
    assert "steady" in capsys.readouterr().err
