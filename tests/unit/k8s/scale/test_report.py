"""Figures are rendered from results, and the documentation shows those that were measured."""

from pathlib import Path

import msgspec
import pytest

from k8s.scale import results
from k8s.scale.report import BEGIN, END, number, render, replace_figures
from tests.support.scale_results import RESULTS

DOCS = Path(__file__).parents[4] / "docs"


def test_each_measure_is_a_row_with_its_growth_and_fit() -> None:
    lines = render(RESULTS).splitlines()
    assert "| services | 100 | 500 | 1,000 | per 100 more | R² |" in lines
    assert "| seconds | 2 | 10 | 20 | 2 | 1.000 |" in lines
    assert "| requests | 210 | 1,010 | 2,010 | 200 | 1.000 |" in lines
    assert "| requests | 10 | 10 | 10 | 0 | 1.000 |" in lines
    assert "| 1,000 | 5,000 | 1,000 | 12.5 |" in lines
    assert "| 50 | 0.50 | 0.040 | 0.030 |" in lines


def test_origin_names_machine_commit_and_versions() -> None:
    origin = render(RESULTS).partition("\n")[0]
    for fact in ("1,000 services", "5,000 ready", "2 cores", "abc1234", "kwok v0.7.0", "load 0.5"):
        assert fact in origin


def test_commit_is_shortened_and_changes_are_told() -> None:
    changed = msgspec.structs.replace(RESULTS, commit=f"{'0123456789' * 4}-dirty")
    assert "Commit 012345678901 with changes. " in render(changed)


def test_single_step_has_no_growth() -> None:
    text = render(msgspec.structs.replace(RESULTS, steps=RESULTS.steps[:1]))
    assert "| services | 100 |\n" in text
    assert "R²" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (10.0, "10"), (1234.5, "1,234"), (12.345, "12.3"), (1.234, "1.23"), (0.0123, "0.012")],
)
def test_number_has_the_digits_that_mean_something(value: float, text: str) -> None:
    assert number(value) == text


def test_only_the_part_between_the_marks_is_renewed() -> None:
    page = f"# Scale\n\n{BEGIN}\nold\n{END}\n\nafter\n"
    renewed = replace_figures(page, RESULTS)
    assert renewed.startswith(f"# Scale\n\n{BEGIN}\n\n1,000 services")
    assert renewed.endswith(f"{END}\n\nafter\n")
    assert "old" not in renewed
    assert replace_figures(renewed, RESULTS) == renewed


def test_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="figures: begin"):
        replace_figures("# Scale\n", RESULTS)


def test_documentation_shows_what_was_measured() -> None:
    page = (DOCS / "scale.md").read_text()
    assert replace_figures(page, results.decode((DOCS / "scale-results.json").read_bytes())) == page
