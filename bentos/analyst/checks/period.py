"""Whether a text tells of the time that its prices are of, and old ones as old."""

import re

from bentos.analyst.checks.draft import DATE, NAME, Draft
from bentos.analyst.checks.quantities import Unreadable, find_quantities
from bentos.analyst.checks.results import Finding
from bentos.analyst.checks.spans import find_other_span

NOW = {
    "en": re.compile(
        r"\b(?:now|today|tonight|currently|presently|nowadays|yesterday"
        r"|this (?:morning|week|month|year|hour|day)|just|recent|recently|lately|ongoing"
        r"|is|are|has|have|stands|sits|remains|trades"
        r"|(?:last|past|latest|previous) (?:few|several|\d|(?:[a-z-]+ )?(?:hours|days|weeks|closes)))"
    ),
    "fr": re.compile(
        r"\b(?:maintenant|aujourd'hui|actuel\w*|présent\w*|désormais|hier|ce (?:matin|jour|mois|soir)"
        r"|cette (?:semaine|année|heure)|récent\w*|dernièrement|reste|cote|vient"
        r"|(?:est|sont) (?:en|stables?|à|de)\b"
        r"|(?:derniers|dernières|passées) (?:\d|[a-z]|heures|jours|semaines|clôtures)"
        r"|\d+ (?:derni|passé)\w*)"
    ),
}
"""Words that put a text into the present. French builds its past tense with `a` and `est`: these are free
before a participle."""

PRESENT = re.compile(
    rf"(?:{NAME}|\bprice|\basset|\bit) (?:rises|falls|climbs|gains|drops|declines|increases|decreases|moves"
    r"|goes|stays|holds|advances|slips|slides|dips|ends|closes|starts|reaches|ranges|swings)\b"
)
"""The same by its verb. In French, that is how the past is told too."""


def find_period(draft: Draft) -> Finding:
    """Return whether the text names another span of time than that of its facts, or tells prices out of an
    archive as today's, or without saying of when they are."""
    span = _other_span(draft)
    if span:
        return Finding(wrong=f"the prices are not of the time that the text calls '{span}'")
    if not draft.facts.historical:
        return Finding()
    present = NOW[draft.language].search(draft.clean) or PRESENT.search(draft.clean)
    if present:
        return Finding(wrong=f"these are old prices, and the text says '{present.group()}'")
    told = DATE in draft.body
    return Finding(missing="" if told else "these are old prices: the text must say of which date")


def _other_span(draft: Draft) -> str:
    try:
        quantities = find_quantities(draft.clean, draft.language)
    except Unreadable:
        return ""
    return find_other_span(draft.clean, draft.language, quantities, draft.facts)
