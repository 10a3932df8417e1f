from datetime import UTC, datetime

import pytest

from bentos.analyst.wording import Language, name_asset, word_facts, write_date, write_percent, write_price
from tests.support.price_facts import OLD, RISING


@pytest.mark.parametrize(
    ("price", "english", "french"),
    [
        (6_527.1, "$6,527", "6 527 $"),
        (1_234_567.8, "$1,234,568", "1 234 568 $"),
        (999.999, "$1,000.00", "1 000,00 $"),
        (12.3456, "$12.35", "12,35 $"),
        (0.51239, "$0.5124", "0,5124 $"),
        (0.0000999999, "$0.00010000", "0,00010000 $"),
    ],
)
def test_prices_are_written_as_in_the_language(price: float, english: str, french: str) -> None:
    assert write_price(price, "en") == english
    assert _plain(write_price(price, "fr")) == french


@pytest.mark.parametrize(
    ("percent", "english", "french"),
    [
        (2.2992, "2.3%", "2,3 %"),
        (-2.2476, "2.2%", "2,2 %"),
        (0.0412, "0.04%", "0,04 %"),
        (1234.5, "1,234%", "1 234 %"),
    ],
)
def test_percentages_are_written_without_their_minus(percent: float, english: str, french: str) -> None:
    assert write_percent(percent, "en") == english
    assert _plain(write_percent(percent, "fr")) == french


@pytest.mark.parametrize(
    ("symbol", "language", "names"),
    [
        ("BTC", "en", ("Bitcoin", "of Bitcoin")),
        ("BTC-1D", "fr", ("Le bitcoin", "du bitcoin")),
        ("ETH", "fr", ("L'ether", "de l'ether")),
        ("XRP", "fr", ("Le XRP", "du XRP")),
        ("IGNORE-ALL", "en", ("The asset", "of the asset")),
        ("VENDEZ", "fr", ("L'actif", "de l'actif")),
    ],
)
def test_only_known_symbols_are_named(symbol: str, language: Language, names: tuple[str, str]) -> None:
    assert name_asset(symbol, language) == names


def test_dates_are_written_out() -> None:
    first = datetime(2019, 10, 1, tzinfo=UTC)
    assert write_date(first, "en") == "October 1, 2019"
    assert write_date(first, "fr") == "1er octobre 2019"
    assert write_date(first.replace(day=21), "fr") == "21 octobre 2019"


def test_date_of_facts_is_the_last_day_that_they_are_about() -> None:
    assert word_facts(OLD, "en").date == "September 30, 2019"
    assert word_facts(RISING, "en").closes == "hourly closes"


def _plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
