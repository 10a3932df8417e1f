"""`python -m bentos.analyst.collect prices|news|archives`: fetch what happened outside, and store it."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from stamina.instrumentation import set_on_retry_hooks

from bentos.analyst.collect.archives import ARCHIVES, fetch_archive
from bentos.analyst.collect.http import Fetcher
from bentos.analyst.collect.news import NewsCollector
from bentos.analyst.collect.prices import PriceCollector
from bentos.analyst.collect.pruning import prune
from bentos.analyst.collect.sources import news_sources, price_sources
from bentos.analyst.settings import CollectSettings
from bentos.analyst.storage.news import NewsStore
from bentos.analyst.storage.prices import PriceStore
from bentos.core.database import close_engine, open_engine
from bentos.core.errors import EkibenError
from bentos.core.loggers import get_logger
from bentos.core.logs import configure_logs
from bentos.core.migrate import upgrade
from bentos.core.settings import DatabaseSettings, LogSettings, read_settings

_log = get_logger("ekiben.collect")

NO_SOURCE = 7
"""Exit code when no source answered well."""
INTERRUPTED = 130
AGAIN_SECONDS = 60.0
"""Pause of `--loop` after a run that failed; it doubles with every further one."""
GRACE_SECONDS = 3.0
"""How long a run may still take after a signal."""
PATIENCE_SECONDS = 30.0
"""Longest wait for the database. Nobody waits for a collector, and it reads and writes years at once."""
MOST_BACKFILL_HOURS = 24 * 365

EPILOG = """examples:
  python -m bentos.analyst.collect prices                        once, as a CronJob does every hour
  python -m bentos.analyst.collect prices --backfill-hours 720   fill what is missing in the last month
  python -m bentos.analyst.collect prices news --loop            both, every hour, until a signal comes
  EKIBEN_COLLECT_PRICES=history python -m bentos.analyst.collect prices   real prices of former years, offline

exit codes:
  0  done; or --loop was stopped by a signal
  1  a fault in the program
  2  wrong arguments
  5  the database is not available, or a setting makes no sense
  6  an archive has other bytes than expected
  7  no source answered well, or an archive can't be fetched
  130  interrupted by Ctrl-C, without --loop

Running it twice does no harm. Settings are environment variables: EKIBEN_COLLECT_* say whom to ask,
EKIBEN_COLLECT_KEEP_*_DAYS how long what was stored is kept, EKIBEN_DATABASE_* where to store."""


class Collection:
    """What one process collects, and where it stores it."""

    def __init__(self, what: Sequence[str], settings: CollectSettings, database: DatabaseSettings) -> None:
        price_sources(settings.prices)
        news_sources(settings.news)
        self._what = what
        self._settings = settings
        patience = max(PATIENCE_SECONDS, database.timeout_seconds)
        self._engine = open_engine(database.model_copy(update={"timeout_seconds": patience}))
        self._failures = 0

    async def run_once(self) -> int:
        """Collect everything once, remove what is too old, and say so; return the exit code. Raises
        EkibenError."""
        settings = self._settings
        async with Fetcher(settings.timeout_seconds, settings.attempts) as fetcher:
            empty = []
            if "prices" in self._what:
                prices = PriceCollector(PriceStore(self._engine), fetcher, settings)
                for symbol in dict.fromkeys(settings.symbols.split(",")):
                    for run in await prices.collect(symbol):
                        run.log()
                        empty.append(run.is_empty)
            if "news" in self._what:
                news = await NewsCollector(NewsStore(self._engine), fetcher, settings).collect()
                news.log()
                empty.append(news.is_empty)
        (await prune(self._engine, settings, self._what)).log()
        return NO_SOURCE if any(empty) else 0

    async def run_until_stopped(self) -> int:
        """Collect over and over until a signal comes; return 0. Failures are logged, and tried again soon."""
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        stopped = asyncio.ensure_future(stopping.wait())
        while not stopping.is_set():
            run = asyncio.ensure_future(self._run_in_loop())
            await asyncio.wait({run, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if run.done():
                await asyncio.wait({stopped}, timeout=run.result())
            # A transaction that is cut leaves its driver's thread behind; a moment is enough for it to end.
            await asyncio.wait({run}, timeout=GRACE_SECONDS)
            run.cancel()
            await asyncio.wait({run})
        _log.info("Stopped")
        return 0

    async def _run_in_loop(self) -> float:
        """Collect once; return the seconds until the next time."""
        interval = self._settings.interval_seconds
        try:
            failed = await self.run_once() != 0
        except EkibenError as error:
            _log.error(str(error))
            failed = True
        except Exception:
            _log.exception("Collecting failed")
            failed = True
        self._failures = self._failures + 1 if failed else 0
        return min(interval, AGAIN_SECONDS * 2 ** (self._failures - 1)) if failed else interval

    async def close(self) -> None:
        """Let go of the database."""
        await close_engine(self._engine)


def fetch_archives(folder: Path) -> int:
    """Fetch every archive that is not there, and say where it is; return 0. Raises ArchiveUnavailable or
    FileAltered."""
    for archive in ARCHIVES:
        path = fetch_archive(archive, folder)
        _log.info("The archive is here", package=archive.package, path=str(path))
    return 0


async def collect(what: Sequence[str], settings: CollectSettings, forever: bool) -> int:
    """Collect into the database of the settings; return the exit code. Raises EkibenError."""
    database = read_settings(DatabaseSettings)
    collection = Collection(what, settings, database)
    try:
        return await (collection.run_until_stopped() if forever else collection.run_once())
    finally:
        await collection.close()


def _hours(text: str) -> int:
    hours = int(text)
    if not 1 <= hours <= MOST_BACKFILL_HOURS:
        raise argparse.ArgumentTypeError(f"must be from 1 to {MOST_BACKFILL_HOURS}")
    return hours


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bentos.analyst.collect",
        description="Fetch prices and news from public sources and store what can be believed.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what",
        nargs="+",
        choices=["prices", "news", "archives"],
        help="prices and news are stored; archives only fetches the packages with price history",
    )
    parser.add_argument("--loop", action="store_true", help="go on until a signal comes")
    parser.add_argument(
        "--backfill-hours", type=_hours, metavar="N", help="how far back missing hours are asked for"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parsed = _parser().parse_args(arguments)
    configure_logs()
    # The line of a run says what these would say.
    set_on_retry_hooks([])
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        configure_logs(read_settings(LogSettings).level)
        settings = read_settings(CollectSettings)
        if parsed.backfill_hours:
            settings = settings.model_copy(update={"backfill_hours": parsed.backfill_hours})
        if "archives" in parsed.what:
            fetch_archives(settings.archives)
        what = [name for name in parsed.what if name != "archives"]
        if not what:
            return 0
        upgrade()
        return asyncio.run(collect(what, settings, parsed.loop))
    except EkibenError as error:
        _log.error(str(error), exit_code=error.exit_code)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
