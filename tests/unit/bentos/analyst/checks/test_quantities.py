import pytest

from bentos.analyst.checks.quantities import Unreadable, find_quantities
from bentos.analyst.wording import Language

Found = tuple[str, float, float, str]


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "2.3%", ("percent", 2.3, 0.1, "")),
        ("en", "-2.30 percent", ("percent", 2.3, 0.01, "-")),
        ("en", "+2 per cent", ("percent", 2, 1, "+")),
        ("en", "$6,527", ("price", 6_527, 1, "")),
        ("en", "6,527.10 us dollars", ("price", 6_527.1, 0.01, "")),
        ("en", "$6.5k", ("price", 6_500, 100, "")),
        ("en", "$6.5 thousand", ("price", 6_500, 100, "")),
        ("en", "us$ 1.2 million", ("price", 1_200_000, 100_000, "")),
        ("en", "24 hourly closes", ("closes", 24, 1, "")),
        ("en", "24-hour", ("span", 86_400, 3_600, "")),
        ("en", "two days", ("span", 172_800, 86_400, "")),
        ("en", "3 missing", ("missing", 3, 1, "")),
        ("en", "6380", ("bare", 6_380, 1, "")),
        ("en", "2-3", ("bare", 2, 1, "")),
        ("fr", "2,3 %", ("percent", 2.3, 0.1, "")),
        ("fr", "-2,3 pour cent", ("percent", 2.3, 0.1, "-")),
        ("fr", "6 527 $", ("price", 6_527, 1, "")),
        ("fr", "6 527,10 dollars", ("price", 6_527.1, 0.01, "")),
        ("fr", "6,5 mille dollars", ("price", 6_500, 100, "")),
        ("fr", "24 dernières clôtures", ("closes", 24, 1, "")),
        ("fr", "24 h", ("span", 86_400, 3_600, "")),
        ("fr", "7 jours", ("span", 604_800, 86_400, "")),
        ("fr", "vingt-quatre heures", ("span", 86_400, 3_600, "")),
    ],
)
def test_number_is_read_with_its_unit(language: Language, text: str, found: Found) -> None:
    one = find_quantities(text, language)[0]
    kind, value, step, sign = found
    assert (str(one.kind), one.sign) == (kind, sign)
    assert [one.value, one.step] == pytest.approx([value, step])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "2,3%"),
        ("en", "65,27"),
        ("en", "1.2.3"),
        ("en", "2.3x"),
        ("en", "b2"),
        ("en", "1'000"),
        ("fr", "2.3 %"),
        ("fr", "6.527,10"),
        ("fr", "6,527,1"),
        ("fr", "3e"),
    ],
)
def test_number_of_another_language_is_unreadable(language: Language, text: str) -> None:
    with pytest.raises(Unreadable):
        find_quantities(text, language)


def test_numbers_come_in_the_order_of_the_text() -> None:
    found = find_quantities("two days, 5% and three hours", "en")
    assert [one.value for one in found] == [172_800, 5, 10_800]
