"""Numbers as they stand in tables."""

import math

import pytest

from loadtests.benchmarks import markdown


def test_table_aligns_numbers() -> None:
    expected = "| a | b |\n| --- | ---: |\n| x | 1 |"
    assert markdown.table(("a", "b"), [("x", "1")]) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.00044, "0.44 ms"),
        (0.0204, "20.4 ms"),
        (1.5, "1,500 ms"),
        (None, markdown.NOTHING),
        (math.inf, "never"),
    ],
)
def test_milliseconds_have_as_many_digits_as_matter(seconds: float | None, text: str) -> None:
    assert markdown.milliseconds(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(20_345.4, "20,345"), (3.21, "3.2"), (0.0, "0"), (5, "5"), (9.96, "10.0")]
)
def test_counts_have_separators(value: float, text: str) -> None:
    assert markdown.count(value) == text


def test_units_follow_numbers() -> None:
    assert markdown.microseconds(0.000_0123) == "12 µs"
    assert markdown.seconds_of(1.24) == "1.2 s"
    assert markdown.seconds_of(math.inf) == "never"
    assert markdown.megabytes(1234.5) == "1,234 MB"
    assert (markdown.ratio(0.513), markdown.ratio(27.31)) == ("0.51×", "27.3×")
