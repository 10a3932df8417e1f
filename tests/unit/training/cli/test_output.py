"""Printing: results on stdout, the rest on stderr, nothing cut off where nobody has a width."""

import json
import sys

import pytest

from training.cli.output import print_facts, print_json, print_table, say, working


def test_what_libraries_print_meanwhile_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with working():
        sys.stdout.write("noise\n")
    print_json({"a": 1})
    said = capsys.readouterr()
    assert json.loads(said.out) == {"a": 1}
    assert said.err == "noise\n"


def test_long_cells_are_not_cut_off_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("T", ("name", "value"), [("digest", "sha256:" + "a" * 64)])
    assert "sha256:" + "a" * 64 in capsys.readouterr().out


def test_brackets_are_text_and_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts([("path", "[red]/models[0]")])
    say("[bold]not markup")
    said = capsys.readouterr()
    assert said.out.split() == ["path", "[red]/models[0]"]
    assert said.err == "[bold]not markup\n"
