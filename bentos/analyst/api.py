"""What callers get: the typed answers of the analyst, and what their parameters may be."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from bentos.analyst.candles import Candle, Headline
from bentos.analyst.checks import CheckResult
from bentos.analyst.facts import Trend, Volatility
from bentos.analyst.wording import Language

MOST_CLOSES = 1_000
"""Longest window, and most prices in one answer."""

Source = Literal["llm", "stored", "fallback"]
"""Who wrote a text: a language model just now, one before, or a rule from the facts."""

Window = Annotated[
    int, Meta(ge=2, le=MOST_CLOSES, description="How many of the latest closes the text is about.")
]
Limit = Annotated[int, Meta(ge=1, le=MOST_CLOSES, description="At most this many, the latest ones.")]
SymbolName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,15}$",
        description="What has a price, such as `BTC`; left out: the service's usual one.",
    ),
]


class PriceAnalysis(Struct, frozen=True, kw_only=True):
    """Two sentences about recent prices, and what they rest on.

    `analysis` passed every check in `checks`. `trend`, `change_percent`, `volatility` and
    `volatility_percent` are computed from `window` closes, the last of which is of `as_of`; `historical` says
    that these are old prices out of an archive. `model` is who wrote the text; it is empty for `fallback`.
    """

    analysis: str
    trend: Trend
    change_percent: float
    volatility: Volatility
    volatility_percent: float
    symbol: str
    window: int
    as_of: datetime
    historical: bool
    source: Source
    model: str
    prompt_version: str
    language: Language
    checks: tuple[CheckResult, ...]


class PricePoint(Struct, frozen=True, kw_only=True):
    """Prices over one interval, which begins at `timestamp`: US dollars, `volume` in units of the symbol."""

    timestamp: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float


class NewsItem(Struct, frozen=True, kw_only=True):
    """One piece of news, as its source wrote it."""

    title: str
    url: str
    source: str
    published_at: datetime


class Sentence(Struct, frozen=True, kw_only=True):
    """An event `text`: the next sentence. The verdict may still replace it."""

    text: str


class Verdict(PriceAnalysis, frozen=True, kw_only=True):
    """Last event of a stream, `verdict`: the whole answer. If it `replaces`, it is not what the events `text`
    said, and they are to be thrown away."""

    replaces: bool


def give_verdict(answer: PriceAnalysis, replaces: bool) -> Verdict:
    """Return the last event of a stream."""
    return Verdict(replaces=replaces, **structs.asdict(answer))


def price_point(candle: Candle) -> PricePoint:
    """Return what callers see of a candle."""
    return PricePoint(
        timestamp=candle.timestamp,
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=candle.volume,
    )


def news_item(headline: Headline) -> NewsItem:
    """Return what callers see of a headline."""
    return NewsItem(
        title=headline.title,
        url=headline.url,
        source=headline.source,
        published_at=headline.published_at,
    )
