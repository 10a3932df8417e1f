import pytest

from bentos.analyst.checks.number_words import find_number_words
from bentos.analyst.wording import Language


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        ("en", "twenty-four hours", [24]),
        ("en", "six thousand five hundred and twenty-seven dollars", [6_527]),
        ("en", "two to three percent", [2, 3]),
        ("en", "one of the closes", []),
        ("en", "one percent and one hundred dollars", [1, 100]),
        ("en", "seventeen per cent", [17]),
        ("en", "someone often attended", []),
        ("en", "two million", [2_000_000]),
        ("fr", "vingt-quatre heures", [24]),
        ("fr", "quatre-vingt-dix-sept jours", [97]),
        ("fr", "soixante et onze", [71]),
        ("fr", "six mille cinq cent vingt-sept dollars", [6_527]),
        ("fr", "une hausse d'un jour", [1]),
        ("fr", "d'un jour à l'autre", []),
        ("en", "from one day to the next", []),
        ("fr", "deux pour cent", [2]),
        ("fr", "un cours pour une fois", []),
        ("fr", "deux cents", [200]),
        ("fr", "dixième sixain", []),
    ],
)
def test_numbers_in_words_are_read(language: Language, text: str, values: list[int]) -> None:
    assert [number.value for number in find_number_words(text, language)] == values
