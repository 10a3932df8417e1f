import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from bentos.analyst.checks import CHECK_NAMES, check_opening, check_text, complaint_about
from bentos.analyst.facts import Facts
from bentos.analyst.fallback import fallback_text
from bentos.analyst.wording import Language
from tests.support import price_claims
from tests.support.grammars import GrammarSampler
from tests.support.price_facts import BY_NAME, LANGUAGES, any_facts
from tests.support.price_texts import FALSE, TRUE
from tests.support.prompt_sets import shipped_prompts


def _failed(name: str, language: Language, text: str) -> dict[str, str]:
    checks = check_text(text, BY_NAME[name], language, shipped_prompts())
    return {check.name: check.detail for check in checks if not check.passed}


@pytest.mark.parametrize(("name", "language", "text"), [*TRUE, *price_claims.TRUE])
def test_true_text_passes(name: str, language: Language, text: str) -> None:
    assert _failed(name, language, text) == {}


@pytest.mark.parametrize(("name", "language", "check", "text"), [*FALSE, *price_claims.FALSE])
def test_false_text_is_refused_by_the_right_check(
    name: str, language: Language, check: str, text: str
) -> None:
    failed = _failed(name, language, text)
    assert failed.get(check), failed


def test_every_check_is_told_in_its_order() -> None:
    checks = check_text("", BY_NAME["rising"], "en", shipped_prompts())
    assert tuple(check.name for check in checks) == CHECK_NAMES
    assert complaint_about(checks)


def _digits(text: str) -> list[re.Match[str]]:
    return list(re.finditer(r"\d", text))


@settings(max_examples=300, deadline=None)
@given(facts=any_facts(), language=st.sampled_from(LANGUAGES), data=st.data())
def test_text_with_one_digit_changed_is_refused_unless_it_is_still_true(
    facts: Facts, language: Language, data: st.DataObject
) -> None:
    grammar = GrammarSampler(shipped_prompts().render(facts, (), language).grammar)
    text = grammar.draw(default_rng(data.draw(st.integers(0, 2**32))))
    place = data.draw(st.sampled_from(_digits(text)))
    digit = data.draw(st.sampled_from("0123456789"))
    assume(digit != place.group())
    altered = text[: place.start()] + digit + text[place.end() :]
    failed = [
        check.name for check in check_text(altered, facts, language, shipped_prompts()) if not check.passed
    ]
    assert failed or (
        abs(int(digit) - int(place.group())) in {1, 9} and _is_last_of_a_rounded_number(text, place.start())
    )


def _is_last_of_a_rounded_number(text: str, place: int) -> bool:
    """Return whether the next written digit is none: half of the last digit is what rounding allows."""
    return not re.match(r"[.,\u202f]?\d", text[place + 1 :])


@settings(max_examples=100, deadline=None)
@given(facts=any_facts(), language=st.sampled_from(LANGUAGES), cut=st.floats(0, 1))
def test_opening_of_a_true_text_is_never_refused(facts: Facts, language: Language, cut: float) -> None:
    text = fallback_text(facts, language)
    opening = check_opening(text[: round(cut * len(text))], facts, language, shipped_prompts())
    assert text.startswith(opening.text)
    assert complaint_about(opening.checks) == ""


@pytest.mark.parametrize(
    ("text", "complete", "passed"),
    [
        ("Bitcoin rose by 2", "", False),
        ("Bitcoin rose by 2.", "", False),
        ("Bitcoin rose by 2.3%. Vol", "Bitcoin rose by 2.3%.", True),
        ("Bitcoin fell by 2.3%. Vol", "Bitcoin fell by 2.3%.", False),
        ("Bitcoin rose by 2.3%. Buy", "Bitcoin rose by 2.3%.", True),
        ("Bitcoin rose by 2.3%. Buy. ", "Bitcoin rose by 2.3%. Buy.", False),
        ("Volatility was moderate. Bit", "Volatility was moderate.", True),
    ],
)
def test_opening_is_its_complete_sentences(text: str, complete: str, passed: bool) -> None:
    opening = check_opening(text, BY_NAME["rising"], "en", shipped_prompts())
    assert (opening.text, opening.passed) == (complete, passed)
