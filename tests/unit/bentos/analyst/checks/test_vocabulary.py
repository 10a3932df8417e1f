import pytest

from bentos.analyst.checks.advice import ADVICE, FORECAST
from bentos.analyst.checks.leak import INSIDE
from bentos.analyst.checks.vocabulary import VOCABULARY
from bentos.analyst.wording import Language
from tests.support.price_facts import LANGUAGES

HARMLESS = {"us"}
"""Of `US dollars`."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_advice_or_of_the_machine_is_in_the_vocabulary(language: Language) -> None:
    words = VOCABULARY[language]
    forbidden = (ADVICE[language], FORECAST[language], INSIDE)
    assert {word for word in words if any(one.fullmatch(word) for one in forbidden)} <= HARMLESS
