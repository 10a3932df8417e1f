"""Claims about numbers that no fact bears out: comparisons, records, rates, where prices began and ended."""

import re

from bentos.analyst.checks.quantities import Quantity
from bentos.analyst.facts import Facts

UNPROVEN = re.compile(
    r"\b(?:half|halved|doubl\w+|tripl\w+|quadrupl\w+|twice|thrice|twofold|tenfold|quarters?|thirds?|dozens?"
    r"|hundreds|thousands|billions?|tens|moitié|demie?|quarts?|tiers|dizaines?|vingtaine|douzaines?"
    r"|centaines?|milliers?|milliards?|décupl\w+"
    r"|(?:more|less|fewer|higher|lower|greater|smaller|larger|bigger) than|at (?:least|most)"
    r"|(?:plus|moins) de|au (?:moins|plus) (?=\d)|records?)\b"
    r"|(?:%|\bpercent|\bper cent|\bpour cent)[ -]points?\b"
    r"|\b(?:larg|bigg|high|low|strong|steep|small)est\b[^.]*\b(?:since|in (?:years|months|weeks|days))\b"
)
"""Words that claim a number without being one, or something about numbers that are not among the facts."""
HISTORIC = re.compile(r"\b(?:historic(?:al)?|historiques?)\b")
HISTORIC_EXTREME = re.compile(
    r"\bhistoric(?:al)? (?:high|low|level|peak|maximum|minimum|top|bottom|rise|fall)\w*"
    r"|\b(?:niveau|sommet|pic|haut|bas|creux|maximum|minimum|hausse|baisse)s? historiques?\b"
)
RATE = re.compile(
    r" ?,?(?: (?:a|an|per|each|every|par|chaque) (?P<unit>minute|hour|day|week|month|year|close"
    r"|heure|jour|journée|semaine|mois|an|année|clôture)\b|(?: (?:hourly|weekly|monthly|yearly))\b)"
)
DAYS = ("day", "jour", "journée")
DAILY_FACT = "volatility_percent"
"""The one fact that is per day."""

EXTREME = r"(?:high|highest|low|lowest|peak|top|bottom|trough|maximum|minimum|haut|bas|sommet|pic|creux)"
AT_EXTREME = r"[a-zé']* (?:up |down )?(?:at|on|near|from|à|au|sur|de|près de) (?:\S+ ){0,2}?" + EXTREME
ENDED = re.compile(rf"\b(?:end|clos|finish|settl|termin|clôtur|fini|achev){AT_EXTREME}\b[^,;:]*$")
STARTED = re.compile(rf"\b(?:start|open|began|begin|part|début|commenc|ouv){AT_EXTREME}\b[^,;:]*$")


def find_unproven(text: str, facts: Facts) -> str:
    """Return words of a text, in lower case, that claim what no fact bears out; empty if there are none."""
    found = UNPROVEN.search(text) or HISTORIC_EXTREME.search(text)
    if found is None and not facts.historical:
        found = HISTORIC.search(text)
    return found.group() if found else ""


def fits_rate(text: str, one: Quantity, name: str) -> bool:
    """Return whether what is said behind a number, such as `a day`, is true of the fact that it is."""
    rate = RATE.match(text, one.end)
    return rate is None or (name == DAILY_FACT and rate["unit"] in DAYS)


def edge_of(before: str) -> str:
    """Return which fact a price must also be, by the words before it: whoever says that prices ended at their
    high says something about the last one. Empty if it need not be another."""
    if ENDED.search(before):
        return "last_close"
    return "first_close" if STARTED.search(before) else ""
