"""One run of collecting news: every feed at once, and those that fail are left out."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import Struct, field

from bentos.analyst.candles import Headline
from bentos.analyst.collect.feeds import read_feed
from bentos.analyst.collect.http import Fetcher, SourceFailed
from bentos.analyst.collect.pruning import oldest
from bentos.analyst.collect.sources import news_sources
from bentos.analyst.collect.sources.base import NewsSource
from bentos.analyst.settings import CollectSettings
from bentos.analyst.storage.news import NewsStore
from bentos.core.loggers import get_logger
from bentos.core.threads import run_in_daemon_thread

_log = get_logger("ekiben.collect")


class NewsRun(Struct, kw_only=True):
    """What one run did."""

    stored: int = 0
    """Headlines that are new or have changed."""
    sources: dict[str, int] = field(default_factory=dict)
    """Headlines by source."""
    failed: dict[str, str] = field(default_factory=dict)
    """Why sources gave nothing."""

    @property
    def is_empty(self) -> bool:
        """Whether every source failed."""
        return bool(self.failed) and not self.sources

    def log(self) -> None:
        """Write the one line of the run."""
        facts = {"stored": self.stored, "sources": self.sources, "failed": self.failed}
        if self.is_empty:
            _log.error("No news: no source answered", **facts)
        elif self.failed:
            _log.warning("Collected news, but not from every source", **facts)
        else:
            _log.info("Collected news", **facts)


class NewsCollector:
    """Fills the store with headlines, over and over."""

    def __init__(
        self,
        store: NewsStore,
        fetcher: Fetcher,
        settings: CollectSettings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._sources = news_sources(settings.news)
        self._keep_days = settings.keep_news_days
        self._now = now

    async def collect(self) -> NewsRun:
        """Return what was done. Raises DatabaseUnavailable."""
        run = NewsRun()
        found = await asyncio.gather(*(self._read(source, run) for source in self._sources))
        before = oldest(self._keep_days, self._now())
        kept = [
            headline
            for headlines in found
            for headline in headlines
            if before is None or headline.published_at >= before
        ]
        run.stored = await self._store.upsert(kept)
        return run

    async def _read(self, source: NewsSource, run: NewsRun) -> list[Headline]:
        try:
            body = await self._fetcher.fetch(source.name, source.address)
            # In a thread, because a strange feed can take seconds, in which the others would time out.
            headlines = await run_in_daemon_thread(lambda: read_feed(body, source.name, self._now()))
        except SourceFailed as error:
            run.failed[source.name] = f"{error.failure}: {error.detail}"
            return []
        run.sources[source.name] = len(headlines)
        return headlines
