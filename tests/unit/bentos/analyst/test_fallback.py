import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bentos.analyst.checks import check_text, complaint_about
from bentos.analyst.facts import Facts
from bentos.analyst.fallback import fallback_text
from bentos.analyst.wording import Language
from tests.support.price_facts import LANGUAGES, RISING, any_facts
from tests.support.prompt_sets import shipped_prompts


@settings(max_examples=200, deadline=None)
@given(facts=any_facts(), language=st.sampled_from(LANGUAGES))
def test_text_by_rule_passes_every_check(facts: Facts, language: Language) -> None:
    text = fallback_text(facts, language)
    assert complaint_about(check_text(text, facts, language, shipped_prompts())) == "", text


@settings(max_examples=150, deadline=None)
@given(facts=any_facts(), other=any_facts(), language=st.sampled_from(LANGUAGES))
def test_text_of_one_direction_is_refused_for_another(facts: Facts, other: Facts, language: Language) -> None:
    text = fallback_text(other, language)
    failed = {
        check.name for check in check_text(text, facts, language, shipped_prompts()) if not check.passed
    }
    assert ("direction" in failed) == (facts.trend != other.trend)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "Bitcoin rose by 2.3% over the last 24 hourly closes, from $6,380 to $6,527. "
            "Volatility was moderate, at about 2.9% a day, and the price moved between $6,312 and $6,600.",
        ),
        (
            "fr",
            "Le bitcoin a progressé de 2,3 % sur les 24 dernières clôtures horaires, passant de 6 380 $ "
            "à 6 527 $. La volatilité a été modérée, à environ 2,9 % par jour, et le cours a évolué entre "
            "6 312 $ et 6 600 $.",
        ),
    ],
)
def test_text_reads_like_this(language: Language, text: str) -> None:
    written = fallback_text(RISING, language).replace("\N{NO-BREAK SPACE}", " ")
    assert written.replace("\N{NARROW NO-BREAK SPACE}", " ") == text


def test_same_facts_give_the_same_text() -> None:
    assert fallback_text(RISING, "fr") == fallback_text(RISING, "fr")
