"""Progress: one line per step, with what came of it."""

import io
import re

import pytest
from rich.console import Console

from training.cli.steps import Steps


def _lines(output: io.StringIO) -> list[str]:
    return [re.sub(r"\s+", " ", line).strip() for line in output.getvalue().splitlines()]


def test_step_says_its_seconds_and_what_came_of_it() -> None:
    output = io.StringIO()
    with Steps(Console(file=output)).step("training") as step:
        step.progress("tree 100 of 300")
        step.done = "trained version 1"
    lines = _lines(output)
    assert lines[0] == "… tree 100 of 300"
    assert re.fullmatch(r"\d+\.\d s ✓ trained version 1", lines[1])


def test_failed_step_is_marked_and_its_error_goes_on() -> None:
    output = io.StringIO()
    with pytest.raises(ValueError, match="no data"), Steps(Console(file=output)).step("training"):
        raise ValueError("no data")
    assert re.fullmatch(r"\d+\.\d s ✗ training", _lines(output)[0])


def test_sentence_has_the_time_of_day_and_keeps_its_brackets() -> None:
    output = io.StringIO()
    Steps(Console(file=output)).say("version 2 is refused: [Errno 2]")
    assert re.fullmatch(r"\d\d:\d\d:\d\d • version 2 is refused: \[Errno 2\]", _lines(output)[0])


def test_terminal_shows_progress_in_the_spinner() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=80)
    with Steps(console).step("training") as step:
        step.progress("tree 100 of 300")
        step.done = "trained version 1"
    assert "trained version 1" in output.getvalue()
