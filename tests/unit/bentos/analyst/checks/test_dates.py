import pytest

from bentos.analyst.checks.dates import true_dates
from bentos.analyst.wording import Language
from tests.support.price_facts import OLD

LEFT = "*"


@pytest.mark.parametrize(
    ("language", "text", "left"),
    [
        ("en", "on October 1, 2019 at 00:00 UTC it", "on * it"),
        ("en", "on 30 September 2019, it", "on *, it"),
        ("en", "on Sep. 30, Sep 30 and September 30th", "on *, * and *"),
        ("en", "in October 2019 and in 2019", "in * and in *"),
        ("en", "2019-09-30 to 2019-10-01", "* to *"),
        ("en", "on October 2, 2019", "on October 2, 2019"),
        ("en", "on October 12, 2019", "on October 12, 2019"),
        ("en", "on October 1, 2018", "on *, 2018"),
        ("en", "fell to 2019 dollars", "fell to 2019 dollars"),
        ("en", "costs $2019", "costs $2019"),
        ("en", "in 2019% more", "in 2019% more"),
        ("fr", "le 1er octobre 2019 à 00:00", "le *"),
        ("fr", "le 30 septembre, en 2019", "le *, en *"),
        ("fr", "le 2 octobre 2018", "le 2 octobre 2018"),
        ("fr", "de 2019 dollars", "de 2019 dollars"),
    ],
)
def test_only_dates_of_the_facts_are_recognised(language: Language, text: str, left: str) -> None:
    assert true_dates(OLD, language).sub(LEFT, text) == left
