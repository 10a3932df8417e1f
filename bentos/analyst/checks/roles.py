"""Which fact a number claims to be, by the words around it."""

import re
from collections.abc import Sequence

from bentos.analyst.checks.quantities import Quantity
from bentos.analyst.facts import Facts

Cues = tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]

PRICE_CUES: Cues = (
    (re.compile(r"\b(?:high|highest|peak|peaked|top|maximum|sommet|pic|haut)\b"), ("high",)),
    (re.compile(r"\b(?:low|lowest|bottom|trough|minimum|bas|creux)\b"), ("low",)),
    (
        re.compile(
            r"\b(?:start|started|starting|began|beginning|opening|opened|first|initial|initially|earlier|départ"
            r"|parti|partie|partant|initial|initiale|première|premier|début|débuté)\b"
        ),
        ("first_close",),
    ),
    (
        re.compile(
            r"\b(?:end|ended|ending|close|closed|closing|finish|finished|finishing|last|latest|final|finally"
            r"|termin\w+|clôtur\w+|dernière|dernier|fini|finale?|finalement|fin|arrivée?)\b"
        ),
        ("last_close",),
    ),
)
PERCENT_CUES: Cues = (
    (
        re.compile(r"\b(?:volatil\w*|swings?|fluctuat\w+|oscillat\w+|fluctuations?)\b"),
        ("volatility_percent",),
    ),
    (re.compile(r"\b(?:range|spread|gap|amplitude|fourchette|écart)\b"), ("range_percent",)),
    (
        re.compile(r"\b(?:drawdowns?|pullbacks?|setbacks?|dips?|retreats?|replis?|peak|sommet|pic)\b"),
        ("drawdown_percent",),
    ),
    (
        re.compile(
            r"\b(?:r[io]se\w*|rising|up|gain\w*|climb\w*|grew|growth|increas\w+|advanc\w+|add\w*|fell|fall\w*"
            r"|down|drop\w*|declin\w+|decreas\w+|lost|loss\w*|slid|slipp\w+|shed|chang\w+|mov\w+|higher|lower"
            r"|hausse\w*|mont\w+|augment\w+|progress\w+|gagn\w+|grimp\w+|appréci\w+|bais\w+|recul\w*|chut\w+"
            r"|perd\w*|pertes?|diminu\w+|dépréci\w+|cédé|variation\w*|évolu\w+|vari\w+|boug\w+)\b"
        ),
        ("change_percent",),
    ),
)
CUES: dict[str, tuple[Cues, tuple[str, ...]]] = {
    "price": (PRICE_CUES, ("first_close", "last_close", "low", "high")),
    "percent": (
        PERCENT_CUES,
        ("change_percent", "volatility_percent", "range_percent", "drawdown_percent"),
    ),
}
JOINT = re.compile(r"[,;:().]|\b(?:and|while|with|as|but|et|avec|tandis|mais|puis|then|after|après)\b")
"""What parts the words that belong to the number before from those of the number behind."""
FROM = re.compile(r"\b(?:from|between|de|entre|depuis) (?:about |around |environ )?(?:us)?\$?$")
TO = re.compile(r"^(?: \$)? ?(?:up |down )?(?:to|and|à|et|jusqu'à) (?:about |around |environ )?(?:us)?\$?$")
BETWEEN = re.compile(r"\b(?:between|entre) (?:us)?\$?$")
ARRIVED = re.compile(r"\b(?:to|à|jusqu'à) (?:about |around |environ )?(?:us)?\$?$")
RANGE = re.compile(r"\b(?:rang\w+|fourchette|extremes?|extrêmes?|swung|oscill\w+|fluctu\w+|traded)\b")
PAIRS = {True: ("low", "high"), False: ("first_close", "last_close")}


def find_roles(text: str, quantities: Sequence[Quantity], place: int) -> tuple[str, ...]:
    """Return the names of the facts that the price or percentage at this place of the list may be."""
    one = quantities[place]
    cues, every = CUES[one.kind]
    before = text_before(text, quantities, place)
    after = text[one.end : quantities[place + 1].start if place + 1 < len(quantities) else len(text)]
    if one.kind == "price":
        paired = _paired(text, quantities, place)
        if paired:
            return paired
    claimed = _nearest(cues, _own_part_before(before, first=place == 0)) + _first(cues, JOINT.split(after)[0])
    if not claimed and one.kind == "price" and ARRIVED.search(before):
        return ("last_close",)
    return claimed or every


def text_before(text: str, quantities: Sequence[Quantity], place: int) -> str:
    """Return the words between a quantity and the one before it."""
    return text[quantities[place - 1].end if place else 0 : quantities[place].start]


def fact_value(facts: Facts, name: str) -> float:
    """Return the fact of this name."""
    return float(getattr(facts, name))


def _paired(text: str, quantities: Sequence[Quantity], place: int) -> tuple[str, ...]:
    """Return the role of one of two prices in `from A to B` or `between A and B`; nothing outside of it."""
    for first in (place, place - 1):
        if not 0 <= first < len(quantities) - 1:
            continue
        one, two = quantities[first], quantities[first + 1]
        joined = TO.search(text[one.end : two.start])
        opened = FROM.search(text[: one.start])
        if joined and opened and two.kind == "price":
            begin = max(0, text.rfind(".", 0, one.start))
            spread = bool(BETWEEN.search(text[: one.start]) or RANGE.search(text[begin : one.start]))
            return (PAIRS[spread][place - first],)
    return ()


def _own_part_before(before: str, first: bool) -> str:
    """Return the words before a number that do not belong to the number before it."""
    parts = JOINT.split(before)
    return parts[-1] if first or len(parts) > 1 else before


def _nearest(cues: Cues, part: str) -> tuple[str, ...]:
    """Return the roles of the last cue in a part."""
    found = [(match.start(), roles) for pattern, roles in cues for match in pattern.finditer(part)]
    return max(found)[1] if found else ()


def _first(cues: Cues, part: str) -> tuple[str, ...]:
    """Return the roles of a cue among the first three words behind a number."""
    words = " ".join(part.split()[:3])
    found = [(match.start(), roles) for pattern, roles in cues for match in pattern.finditer(words)]
    return min(found)[1] if found else ()
