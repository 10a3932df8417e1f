"""Whether old prices are told as old ones."""

import re

from bentos.analyst.checks.draft import DATE, Draft
from bentos.analyst.checks.results import Finding

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


def find_period(draft: Draft) -> Finding:
    """Return whether prices out of an archive are told as today's, or without saying of when they are."""
    if not draft.facts.historical:
        return Finding()
    present = NOW[draft.language].search(draft.clean)
    if present:
        return Finding(wrong=f"these are old prices, and the text says '{present.group()}'")
    told = DATE in draft.body
    return Finding(missing="" if told else "these are old prices: the text must say of which date")
