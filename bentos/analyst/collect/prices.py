"""One run of collecting the prices of one symbol: from the first source that answers well, with what it lacks
filled in from the next."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, field

from bentos.analyst.collect.archives import ArchiveUnavailable
from bentos.analyst.collect.history import DAILY_SUFFIX, read_history
from bentos.analyst.collect.http import Fetcher, SourceFailed
from bentos.analyst.collect.repair import questions
from bentos.analyst.collect.sources import HISTORY_NAME, price_sources
from bentos.analyst.collect.sources.base import PriceSource
from bentos.analyst.collect.validation import LOOK_BACK
from bentos.analyst.collect.wanted import WantedHours
from bentos.analyst.settings import CollectSettings
from bentos.analyst.storage.prices import PriceStore
from bentos.core.loggers import get_logger
from bentos.core.threads import run_in_daemon_thread

_log = get_logger("ekiben.collect")


class PriceRun(Struct, kw_only=True):
    """What one run did for one symbol."""

    symbol: str
    stored: int = 0
    """Rows that were made or changed."""
    sources: dict[str, int] = field(default_factory=dict)
    """Candles that were believed, by source."""
    failed: dict[str, str] = field(default_factory=dict)
    """Why sources gave nothing, or not everything."""
    refused: dict[str, int] = field(default_factory=dict)
    """Candles that were not believed, by fault."""
    missing: int = 0
    """Hours of the last `backfill_hours` that nobody had."""
    newest: datetime | None = None
    """Begin of the newest candle that is stored now."""

    @property
    def is_empty(self) -> bool:
        """Whether nobody gave anything that can be believed."""
        return not self.sources

    def log(self) -> None:
        """Write the one line of the run."""
        facts: dict[str, Any] = {
            "symbol": self.symbol,
            "stored": self.stored,
            "sources": self.sources,
            "failed": self.failed,
            "refused": self.refused,
            "missing_hours": self.missing,
            "newest": self.newest.isoformat() if self.newest else None,
        }
        if self.is_empty:
            _log.error(f"No price of {self.symbol}: no source answered well", **facts)
        elif self.failed or self.refused:
            _log.warning(f"Collected prices of {self.symbol}, but not from every source", **facts)
        else:
            _log.info(f"Collected prices of {self.symbol}", **facts)


class PriceCollector:
    """Fills the store with the prices of symbols, over and over."""

    def __init__(
        self,
        store: PriceStore,
        fetcher: Fetcher,
        settings: CollectSettings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._settings = settings
        self._sources = price_sources(settings.prices)
        self._now = now

    async def collect(self, symbol: str) -> list[PriceRun]:
        """Return what was done: one run for the symbol, and one more if its history has daily candles.

        The archives are read only if no source before them gave anything. Raises DatabaseUnavailable, and
        FileAltered for an archive with other bytes than expected.
        """
        run = PriceRun(symbol=symbol)
        hours = self._settings.backfill_hours
        stored = await self._store.latest(symbol, hours + LOOK_BACK)
        live = [candle for candle in stored if not candle.is_historical]
        wanted = WantedHours(live, self._now(), hours, self._settings.jump_percent)
        for source in self._sources:
            if source is None and not wanted.found:
                return await self._import(symbol, run.failed)
            if source is not None and wanted.left:
                await self._ask(source, wanted, run)
        run.sources = dict(Counter(candle.source for candle in wanted.found.values()))
        run.stored = await self._store.upsert(list(wanted.found.values()))
        run.refused, run.missing, run.newest = wanted.refused, wanted.missing, wanted.newest
        return [run]

    async def _ask(self, source: PriceSource, wanted: WantedHours, run: PriceRun) -> None:
        taken = 0
        try:
            for since, until in questions(wanted.left, source.most_candles):
                path, params = source.ask(run.symbol, since, until)
                body = await self._fetcher.fetch(source.name, source.address + path, params)
                # What has nothing for some hours keeps nothing of the hours before either.
                taken = wanted.take(source.read(body, run.symbol), since)
                if not taken:
                    break
        except SourceFailed as error:
            run.failed[source.name] = f"{error.failure}: {error.detail}"
        if not (taken or wanted.found):
            run.failed.setdefault(source.name, "none of the hours that are wanted")

    async def _import(self, symbol: str, failed: dict[str, str]) -> list[PriceRun]:
        runs = [await self._import_one(name, failed) for name in (symbol, symbol + DAILY_SUFFIX)]
        return [run for run in runs if run.symbol == symbol or not run.is_empty]

    async def _import_one(self, symbol: str, failed: dict[str, str]) -> PriceRun:
        run = PriceRun(symbol=symbol, failed=dict(failed))
        try:
            candles = await run_in_daemon_thread(lambda: read_history(self._settings.archives, symbol))
        except ArchiveUnavailable as error:
            candles = []
            run.failed[HISTORY_NAME] = str(error)
        if not candles:
            run.failed.setdefault(HISTORY_NAME, "no archive has this symbol")
            return run
        known = set(await self._store.latest(symbol, len(candles)))
        run.stored = await self._store.upsert([candle for candle in candles if candle not in known])
        run.sources = {candles[0].source: len(candles)}
        run.newest = candles[-1].timestamp
        return run
