"""The page of results: a section is replaced, the others stay."""

from pathlib import Path

import pytest

from loadtests.benchmarks.results_page import (
    ANALYST,
    INTRODUCTION,
    ORDER,
    OVERLOAD,
    PAGE,
    SERVERS,
    read_sections,
    replace_section,
)


def test_sections_are_in_their_order_whoever_comes_first(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    replace_section(OVERLOAD, "second\n\n### Part\n\nmore", page)
    replace_section(SERVERS, "first", page)
    assert page.read_text().startswith(INTRODUCTION)
    assert list(read_sections(page.read_text()).items()) == [
        (SERVERS, "first"),
        (OVERLOAD, "second\n\n### Part\n\nmore"),
    ]


def test_section_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    replace_section(ANALYST, "kept", page)
    replace_section(SERVERS, "old", page)
    replace_section(SERVERS, "new", page)
    assert read_sections(page.read_text()) == {SERVERS: "new", ANALYST: "kept"}


def test_same_section_again_changes_nothing(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    replace_section(SERVERS, "text\n", page)
    before = page.read_text()
    replace_section(SERVERS, "text", page)
    assert page.read_text() == before


def test_unknown_section_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Weather"):
        replace_section("Weather", "fine", tmp_path / "RESULTS.md")


def test_page_of_this_repository_can_be_written_to() -> None:
    text = PAGE.read_text()
    assert text.startswith(INTRODUCTION)
    assert set(read_sections(text)) <= set(ORDER)
