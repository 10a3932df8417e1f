"""What is removed after a run: what is too old for anybody to ask for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.api import MOST_CLOSES
from bentos.analyst.collect.validation import LOOK_BACK
from bentos.analyst.edition import Edition
from bentos.analyst.settings import CollectSettings
from bentos.analyst.storage.analyses import AnalysisStore
from bentos.analyst.storage.budget import prune_usage
from bentos.analyst.storage.claims import Claims
from bentos.analyst.storage.news import NewsStore
from bentos.analyst.storage.prices import PriceStore
from bentos.core.errors import UnknownResource
from bentos.core.loggers import get_logger

_log = get_logger("ekiben.collect")


class Removed(Struct, frozen=True, kw_only=True):
    """How many rows were removed, by table."""

    prices: int = 0
    news: int = 0
    analyses: int = 0
    usage: int = 0
    claims: int = 0

    def log(self) -> None:
        """Write a line, if anything was removed."""
        counts = structs.asdict(self)
        if any(counts.values()):
            _log.info("Removed what is too old", **counts)


async def prune(
    engine: AsyncEngine, settings: CollectSettings, what: Sequence[str], now: datetime | None = None
) -> Removed:
    """Remove what is older than settings want it; return how much that was.

    A run about prices removes old texts, claims and days of the budget too. A table that is too full for one
    run is left to the next ones; doing it twice does no harm. Raises DatabaseUnavailable.
    """
    moment = now or datetime.now(UTC)
    removed = Removed()
    if "prices" in what:
        removed = Removed(
            prices=await _prune_prices(PriceStore(engine), settings, moment),
            analyses=await _prune_analyses(engine, settings, moment),
            usage=await _prune_usage(engine, settings, moment),
            claims=await Claims(engine).prune(),
        )
    oldest_news = oldest(settings.keep_news_days, moment)
    if "news" in what and oldest_news is not None:
        removed = structs.replace(removed, news=await NewsStore(engine).prune(oldest_news))
    return removed


def oldest(days: int, now: datetime) -> datetime | None:
    """Return the moment before which nothing is kept, or None if everything is."""
    return now - timedelta(days=days) if days else None


async def _prune_prices(store: PriceStore, settings: CollectSettings, now: datetime) -> int:
    before = oldest(settings.keep_prices_days, now)
    if before is None:
        return 0
    # The next run looks so far back, and would fetch what is missing there.
    looked_at = now - timedelta(hours=settings.backfill_hours + LOOK_BACK)
    return await store.prune(min(before, looked_at))


async def _prune_analyses(engine: AsyncEngine, settings: CollectSettings, now: datetime) -> int:
    before = oldest(settings.keep_analyses_days, now)
    if before is None:
        return 0
    store, removed = AnalysisStore(engine), 0
    for symbol, windows in (await store.windows(before)).items():
        candles = await PriceStore(engine).latest(symbol, MOST_CLOSES)
        removed += await store.prune(symbol, before, current_hashes(Edition("", {symbol: candles}), windows))
    return removed


def current_hashes(edition: Edition, windows: Sequence[int]) -> set[str]:
    """Return the hashes of the facts about prices as they are now: callers may ask about these. Prices out of
    an archive stay the same for years, and so do texts about them."""
    hashes: set[str] = set()
    for symbol in edition.symbols:
        for window in windows:
            try:
                hashes.add(edition.facts(symbol, window).digest())
            except UnknownResource:
                continue
    return hashes


async def _prune_usage(engine: AsyncEngine, settings: CollectSettings, now: datetime) -> int:
    before = oldest(settings.keep_usage_days, now)
    return 0 if before is None else await prune_usage(engine, before.date())
