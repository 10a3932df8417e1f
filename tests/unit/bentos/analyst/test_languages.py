"""In which language a caller is answered."""

import pytest

from bentos.analyst.languages import choose_language, read_languages


def test_language_that_is_asked_for_by_name_wins() -> None:
    assert choose_language("en", "fr") == "en"
    assert choose_language("fr", None) == "fr"


def test_nobody_asking_gets_english() -> None:
    assert choose_language(None, None) == "en"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr", "fr"),
        ("fr-CA, en;q=0.8", "fr"),
        ("FR", "fr"),
        ("en, fr", "en"),
        ("fr, en", "fr"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("de, fr;q=0.2", "fr"),
        ("fr;q=0", "en"),
        ("fr;q=0, en;q=0", "en"),
        ("fr;q=2, en;q=0.1", "en"),
        ("fr;q=nan", "en"),
        ("fr;q=none, en;q=0.1", "en"),
        ("fr; level=1", "fr"),
        ("fry", "en"),
        ("*", "en"),
        ("", "en"),
        (";;,,=;q", "en"),
        ("de," * 1000 + "fr", "en"),
    ],
)
def test_header_is_read_by_its_weights(header: str, language: str) -> None:
    assert choose_language(None, header) == language


def test_setting_names_languages_in_any_order_and_only_known_ones_count() -> None:
    assert read_languages("fr,en") == ("en", "fr")
    assert read_languages("fr,fr,xx") == ("fr",)
