from datetime import timedelta

import pytest
from msgspec import structs

from bentos.analyst.checks.quantities import find_quantities
from bentos.analyst.checks.spans import find_other_span
from bentos.analyst.wording import Language
from tests.support.price_facts import RISING

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def other_span(text: str, length: timedelta, language: Language = "en") -> str:
    facts = structs.replace(RISING, start=RISING.as_of - length)
    return find_other_span(text, language, find_quantities(text, language), facts)


@pytest.mark.parametrize(
    ("text", "least", "most", "step"),
    [
        ("in the last hour", HOUR, HOUR, HOUR / 2),
        ("in the last hours", 2 * HOUR, 72 * HOUR, HOUR),
        ("over the day", DAY, DAY, HOUR),
        ("over the week", 7 * DAY, 7 * DAY, HOUR),
        ("for weeks", 14 * DAY, 700 * DAY, HOUR),
        ("over the month", 28 * DAY, 31 * DAY, HOUR),
        ("over the year", 365 * DAY, 366 * DAY, HOUR),
        ("for years", 730 * DAY, 7000 * DAY, HOUR),
    ],
)
def test_word_for_a_span_is_right_within_its_length_and_wrong_beside_it(
    text: str, least: timedelta, most: timedelta, step: timedelta
) -> None:
    assert (other_span(text, least), other_span(text, most)) == ("", "")
    assert other_span(text, least - step) in text
    assert other_span(text, least - step)
    if most < 700 * DAY:
        assert other_span(text, most + step)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "at 2.9% a day, from day to day, over the last 24 hourly closes of 24 hours"),
        ("en", "an ordinary daily volatility, with hourly prices and daily swings"),
        ("fr", "à 2,9 % par jour, d'un jour à l'autre, sur les 24 dernières clôtures horaires"),
        ("fr", "une volatilité quotidienne sur 24 heures"),
    ],
)
def test_rates_kinds_of_prices_and_numbers_are_no_spans(language: Language, text: str) -> None:
    assert other_span(text, timedelta(minutes=90), language) == ""


def test_french_years_are_not_english_articles() -> None:
    assert other_span("sur un an", DAY, "fr") == "an"
    assert other_span("with an average", DAY, "en") == ""
