"""Spans of time that a text names without a number, such as `the past week`: whether prices are of these."""

import re

from bentos.analyst.checks.draft import DATE
from bentos.analyst.checks.quantities import Quantity
from bentos.analyst.facts import Facts
from bentos.analyst.wording import Language

MINUTE, HOUR, DAY, WEEK = 60.0, 3_600.0, 86_400.0, 604_800.0
MONTHS = (28 * DAY, 31 * DAY)
YEARS = (365 * DAY, 366 * DAY)
ANY_LENGTH = float("inf")

FREE = re.compile(
    r"\b(?:a|per|each|every) day\b|\b(?:from )?day[ -](?:to|by|after)[ -]day\b|\bone day to the next\b"
    r"|\b(?:par|chaque) jour\b|\bd'un jour à l'autre\b|\bjour (?:après|par) jour\b"
    r"|\b(?:hourly|daily) (?:closes?|closing|prices?|candles?|intervals?|data|values?)\b"
    r"|\bdaily (?:volatility|swings?|fluctuations?|moves?|movements?|ups)\b|\bvolatility (?:was |is )?daily\b"
    r"|\b(?:clôtures?|cours|prix|intervalles?|données|valeurs?) (?:de clôture )?"
    r"(?:horaires?|quotidien\w*|journali\w*)\b"
    r"|\b(?:volatilité|variations?|fluctuations?|oscillations?|mouvements?) (?:quotidien\w*|journali\w*)\b"
    rf"|\b(?:day|month|year|jour|mois|année|an) (?:of |de |du |d')?(?:le )?{DATE}"
)
"""Words for days that name no span of the prices: rates, kinds of prices, and dates."""

SPANS: tuple[tuple[re.Pattern[str], float, float], ...] = (
    (re.compile(r"\bminutes?\b"), MINUTE, MINUTE),
    (re.compile(r"\b(?:hour|heure|hourly|horaires?)\b"), HOUR, HOUR),
    (re.compile(r"\b(?:hours|heures)\b"), 2 * HOUR, 3 * DAY),
    (re.compile(r"\b(?:day|daily|jour|journée|quotidien\w*|journali\w*)\b"), DAY, DAY),
    (re.compile(r"\b(?:days|jours|journées)\b"), 2 * DAY, ANY_LENGTH),
    (re.compile(r"\b(?:week|weekly|semaine|hebdomadaires?)\b"), WEEK, WEEK),
    (re.compile(r"\b(?:weeks|semaines)\b"), 2 * WEEK, ANY_LENGTH),
    (re.compile(r"\b(?:month|monthly)\b"), *MONTHS),
    (re.compile(r"\b(?:months)\b"), 2 * MONTHS[0], ANY_LENGTH),
    (re.compile(r"\b(?:mois)\b"), MONTHS[0], ANY_LENGTH),
    (re.compile(r"\b(?:year|yearly|année)\b"), *YEARS),
    (re.compile(r"\b(?:years|ans|années)\b"), 2 * YEARS[0], ANY_LENGTH),
)
"""Words for a span, and how long it may be at least and at most, in seconds."""
FRENCH_YEAR = ((re.compile(r"\ban\b"), *YEARS),)
"""In English this is an article."""


def find_other_span(text: str, language: Language, quantities: list[Quantity], facts: Facts) -> str:
    """Return a word of a text, in lower case, for a span that is not the one of its facts; empty if there is
    none. Spans with a number, such as `24 hours`, are left out."""
    rest = _without(FREE.sub(_blank, text), quantities)
    length = (facts.as_of - facts.start).total_seconds()
    for pattern, least, most in SPANS + (FRENCH_YEAR if language == "fr" else ()):
        found = pattern.search(rest)
        if found and not least <= length <= most:
            return found.group()
    return ""


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def _without(text: str, quantities: list[Quantity]) -> str:
    for one in quantities:
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return text
