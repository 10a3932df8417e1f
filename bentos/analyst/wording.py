"""How numbers, dates and names are written, in each language; prompts and the rule's text share it."""

import math
from datetime import datetime, timedelta
from typing import Literal

from babel.dates import format_date
from babel.numbers import format_decimal
from msgspec import Struct

from bentos.analyst.facts import Facts

Language = Literal["en", "fr"]

NO_BREAK = "\N{NO-BREAK SPACE}"
NAMES = {
    "ADA": "Cardano",
    "BCH": "Bitcoin Cash",
    "BNB": "BNB",
    "BTC": "Bitcoin",
    "DOGE": "Dogecoin",
    "DOT": "Polkadot",
    "EOS": "EOS",
    "ETH": "Ether",
    "LTC": "Litecoin",
    "SOL": "Solana",
    "TRX": "Tron",
    "XRP": "XRP",
}
"""Names that texts call symbols by. Others are called `the asset`: a symbol is text that others chose."""
UNNAMED = {"en": "The asset", "fr": "L'actif"}
INTERVALS = {
    "en": {3_600: "hourly closes", 86_400: "daily closes"},
    "fr": {3_600: "clôtures horaires", 86_400: "clôtures quotidiennes"},
}
CLOSES = {"en": "closes", "fr": "clôtures"}


class Wording(Struct, frozen=True, kw_only=True):
    """The facts as strings of one language. `asset` begins a sentence, `asset_in` stands inside of one and
    `of_asset` is the genitive; prices have
    their currency, percentages their sign but no minus; `closes` is such as `hourly closes`."""

    asset: str
    asset_in: str
    of_asset: str
    change: str
    first: str
    last: str
    low: str
    high: str
    volatility: str
    drawdown: str
    window: str
    closes: str
    date: str


def word_facts(facts: Facts, language: Language) -> Wording:
    """Return the facts as they are written in the language."""
    asset, of_asset = name_asset(facts.symbol, language)
    return Wording(
        asset=asset,
        asset_in=asset if language == "en" and asset != UNNAMED["en"] else asset[0].lower() + asset[1:],
        of_asset=of_asset,
        change=write_percent(facts.change_percent, language),
        first=write_price(facts.first_close, language),
        last=write_price(facts.last_close, language),
        low=write_price(facts.low, language),
        high=write_price(facts.high, language),
        volatility=write_percent(facts.volatility_percent, language),
        drawdown=write_percent(facts.drawdown_percent, language),
        window=format_decimal(facts.window, "#,##0", locale=language),
        closes=INTERVALS[language].get(facts.interval_seconds, CLOSES[language]),
        date=write_date(last_moment(facts), language),
    )


def name_asset(symbol: str, language: Language) -> tuple[str, str]:
    """Return what a symbol is called at the beginning of a sentence, and in the genitive."""
    name = NAMES.get(symbol.partition("-")[0], "")
    if language == "en":
        return name or UNNAMED["en"], f"of {name or UNNAMED['en'].lower()}"
    if not name:
        return UNNAMED["fr"], "de l'actif"
    name = name if name.isupper() else name.lower()
    return (f"L'{name}", f"de l'{name}") if name[0] in "aeiouE" else (f"Le {name}", f"du {name}")


def write_percent(percent: float, language: Language) -> str:
    """Return a percentage without its minus: two decimals below 0.1, none from 100 on, else one."""
    size = abs(percent)
    decimals = 2 if size < 0.1 else 1 if size < 100 else 0
    written = format_decimal(size, _pattern(decimals), locale=language)
    return f"{written}%" if language == "en" else f"{written}{NO_BREAK}%"


def write_price(price: float, language: Language) -> str:
    """Return a price in US dollars: without cents from 1,000 on, with four digits that count below 1."""
    decimals = 0 if price >= 1_000 else 2 if price >= 1 else 3 - math.floor(math.log10(price))
    written = format_decimal(price, _pattern(decimals), locale=language)
    return f"${written}" if language == "en" else f"{written}{NO_BREAK}$"


def write_date(moment: datetime, language: Language) -> str:
    """Return the day, written out."""
    written = format_date(moment, "long", locale=language)
    return written.replace("1 ", "1er ", 1) if language == "fr" and moment.day == 1 else written


def last_moment(facts: Facts) -> datetime:
    """Return a moment on the last day that the facts are about."""
    return facts.as_of - timedelta(seconds=1)


def _pattern(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")
