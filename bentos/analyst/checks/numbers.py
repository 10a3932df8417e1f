"""Whether every number of a text is a fact, rounded as it is written.

A price may be off by half of its last written digit and by 0.5 % of itself, whichever is less; a percentage
by half of its last digit and by a twentieth of itself (or 0.05 points, if that is more), whichever is less.
Counts of closes and spans of time are exact.
"""

from bentos.analyst.checks.claims import edge_of, find_unproven, fits_rate
from bentos.analyst.checks.draft import Draft
from bentos.analyst.checks.quantities import Quantity, Unreadable, find_quantities
from bentos.analyst.checks.results import Finding
from bentos.analyst.checks.roles import fact_value, find_roles, text_before
from bentos.analyst.facts import Facts

PRICE_SHARE = 0.005
PERCENT_SHARE = 0.05
PERCENT_POINTS = 0.05
SLACK = 1e-9
"""Relative error of arithmetic."""


def find_numbers(draft: Draft) -> Finding:
    """Return the first number of the text that is not among its facts."""
    unproven = find_unproven(draft.clean, draft.facts)
    if unproven:
        return Finding(wrong=f"'{unproven}' is not among the facts")
    try:
        quantities = find_quantities(draft.clean, draft.language)
    except Unreadable as error:
        return Finding(wrong=f"{error} is not written as a number of the language {draft.language}")
    for place, quantity in enumerate(quantities):
        if not _is_fact(draft, quantities, place):
            return Finding(wrong=f"{quantity.written.strip()} is not the fact that the text says it is")
    return Finding()


def _is_fact(draft: Draft, quantities: list[Quantity], place: int) -> bool:
    facts, one = draft.facts, quantities[place]
    if one.kind == "closes":
        return one.value == facts.window
    if one.kind == "span":
        return one.value == (facts.as_of - facts.start).total_seconds()
    if one.kind == "missing":
        return one.value == facts.missing
    if one.kind == "bare":
        return _is_bare_price(draft, quantities, place)
    names = find_roles(draft.clean, quantities, place)
    edge = edge_of(text_before(draft.clean, quantities, place)) if one.kind == "price" else ""
    if edge and not _fits(one, facts, edge):
        return False
    return any(_fits(one, facts, name) and fits_rate(draft.clean, one, name) for name in names)


def _is_bare_price(draft: Draft, quantities: list[Quantity], place: int) -> bool:
    """Return whether a number without a unit is the first price of a pair whose second one has it."""
    follower = quantities[place + 1] if place + 1 < len(quantities) else None
    if follower is None or follower.kind != "price":
        return False
    shared = [*quantities]
    one = quantities[place]
    shared[place] = Quantity(one.written, "price", one.value, one.step, one.sign, one.start, one.end)
    return any(_fits(shared[place], draft.facts, name) for name in find_roles(draft.clean, shared, place))


def _fits(one: Quantity, facts: Facts, name: str) -> bool:
    fact = fact_value(facts, name)
    if one.sign and not _sign_fits(one.sign, fact, name):
        return False
    size = abs(fact)
    own = max(PERCENT_SHARE * size, PERCENT_POINTS) if one.kind == "percent" else PRICE_SHARE * size
    return abs(one.value - size) <= min(one.step / 2, own) + SLACK * max(1.0, size)


def _sign_fits(sign: str, fact: float, name: str) -> bool:
    """Return whether a written sign is the fact's; a drawdown may be written as a loss."""
    if name == "drawdown_percent":
        return sign == "-"
    return name == "change_percent" and (fact < 0) == (sign == "-")
