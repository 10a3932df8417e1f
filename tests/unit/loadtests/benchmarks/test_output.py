"""A table goes where the command says."""

import argparse
from pathlib import Path

import pytest

from loadtests.benchmarks import output
from loadtests.benchmarks.results_page import BUDGET, read_sections, replace_section


def _put_out(*arguments: str) -> None:
    parser = argparse.ArgumentParser()
    output.add_output(parser)
    output.put_out("| table |\n", BUDGET, "Quiet.", parser.parse_args(arguments))


def test_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    _put_out()
    assert capsys.readouterr().out == "| table |\n"


def test_table_is_written_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _put_out("--output", str(tmp_path / "table.md"))
    assert (tmp_path / "table.md").read_text() == "| table |\n"
    assert capsys.readouterr().out == ""


def test_page_names_the_machine_and_the_conditions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "RESULTS.md"
    monkeypatch.setattr(output, "replace_section", lambda title, body: replace_section(title, body, page))
    _put_out("--results")
    assert read_sections(page.read_text())[BUDGET].endswith("\n\nQuiet.\n\n| table |")
    assert "cores" in page.read_text()
