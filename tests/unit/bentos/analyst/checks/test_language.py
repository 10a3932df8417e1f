import pytest

from bentos.analyst.checks.draft import Draft
from bentos.analyst.checks.language import find_language
from bentos.analyst.wording import Language
from tests.support.price_facts import RISING


@pytest.mark.parametrize(
    ("language", "text", "is_right"),
    [
        ("en", "The price rose over the last day.", True),
        ("fr", "The price rose over the last day.", False),
        ("fr", "Le cours a progressé sur la journée.", True),
        ("en", "Le cours a progressé sur la journée.", False),
        ("fr", "Bitcoin progresse, volatilité modérée", True),
        ("en", "Bitcoin climbs, moderate swings follow", True),
        ("fr", "Bitcoin climbs, moderate swings follow", False),
        ("en", "Bitcoin progresse, volatilité modérée", False),
        ("en", "Bitcoin stable, volatile, constant", True),
        ("fr", "Bitcoin stable, volatile, constant", True),
    ],
)
def test_language_of_short_texts_is_told(language: Language, text: str, is_right: bool) -> None:
    assert (find_language(Draft(text, RISING, language, frozenset())).wrong == "") == is_right


def test_two_words_have_no_language() -> None:
    finding = find_language(Draft("Volatile Bitcoin", RISING, "en", frozenset()))
    assert (finding.wrong, finding.missing) == ("", "the text is too short")
