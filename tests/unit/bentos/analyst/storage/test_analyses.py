from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.checks import CheckResult
from bentos.analyst.storage.analyses import AnalysisKey, AnalysisStore, StoredAnalysis
from bentos.analyst.storage.statements import change
from bentos.analyst.storage.tables import analyses
from tests.support.databases import Database

KEY = AnalysisKey(symbol="BTC", window=24, facts_hash="5f" * 32, prompt_version="v1", language="fr")
ANALYSIS = StoredAnalysis(
    text="Le cours a monté de 2,1 %. La volatilité est faible.",
    model="smollm2-135m",
    provider="openai",
    created_at=datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC),
    checks=(
        CheckResult(name="numbers", passed=True),
        CheckResult(name="direction", passed=False, detail="« baisse » \x00"),
    ),
)


def test_a_text_comes_back_as_it_was(database: Database) -> None:
    async def store(engine: AsyncEngine) -> StoredAnalysis | None:
        await AnalysisStore(engine).save(KEY, ANALYSIS)
        return await AnalysisStore(engine).find(KEY)

    assert database.run(store) == ANALYSIS


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, symbol="ETH"),
        replace(KEY, window=25),
        replace(KEY, facts_hash="0" * 64),
        replace(KEY, prompt_version="v2"),
        replace(KEY, language="en"),
    ],
)
def test_every_part_of_the_key_makes_another_text(database: Database, other: AnalysisKey) -> None:
    async def store(engine: AsyncEngine) -> None:
        await AnalysisStore(engine).save(KEY, ANALYSIS)
        assert await AnalysisStore(engine).find(other) is None
        await AnalysisStore(engine).save(other, replace(ANALYSIS, text="Another."))
        assert await AnalysisStore(engine).find(KEY) == ANALYSIS

    database.run(store)


@pytest.mark.parametrize(
    "newer",
    [
        replace(ANALYSIS, text="Newer."),
        replace(ANALYSIS, checks=ANALYSIS.checks[:1]),
        replace(ANALYSIS, created_at=datetime(2026, 11, 23, tzinfo=UTC)),
        ANALYSIS,
    ],
)
def test_a_new_text_replaces_the_old_one(database: Database, newer: StoredAnalysis) -> None:
    async def store(engine: AsyncEngine) -> StoredAnalysis | None:
        await AnalysisStore(engine).save(KEY, ANALYSIS)
        await AnalysisStore(engine).save(KEY, newer)
        return await AnalysisStore(engine).find(KEY)

    assert database.run(store) == newer


def test_a_text_that_other_checks_judged_counts_as_none(database: Database) -> None:
    async def store(engine: AsyncEngine) -> StoredAnalysis | None:
        await AnalysisStore(engine).save(KEY, ANALYSIS)
        unknown = [{"name": "of-a-later-version", "passed": True, "detail": ""}]
        assert await change(engine, update(analyses).values(checks=unknown)) == 1
        return await AnalysisStore(engine).find(KEY)

    assert database.run(store) is None


def test_the_words_of_two_keys_differ() -> None:
    assert KEY.text() == f"BTC/24/{'5f' * 32}/v1/fr"
    assert replace(KEY, window=2).text() != KEY.text()


def test_text_that_no_database_can_keep_is_stored_readably(database: Database) -> None:
    check = CheckResult(name="plain", passed=False, detail="\ud83d")
    hostile = replace(ANALYSIS, text="Up.\x00\ud83d", model="m\x00", checks=(check,))

    async def store(engine: AsyncEngine) -> StoredAnalysis | None:
        await AnalysisStore(engine).save(KEY, hostile)
        return await AnalysisStore(engine).find(KEY)

    assert database.run(store) == replace(hostile, text="Up.\ufffd\ufffd", model="m\ufffd")


def test_old_texts_are_removed_unless_their_facts_are_current(database: Database) -> None:
    old, current = KEY, replace(KEY, facts_hash="1" * 64)
    of_others, new = replace(KEY, symbol="ETH"), replace(KEY, facts_hash="2" * 64)
    moment = ANALYSIS.created_at + timedelta(seconds=1)

    async def prune(engine: AsyncEngine) -> list[AnalysisKey]:
        store = AnalysisStore(engine)
        for key in (old, current, of_others):
            await store.save(key, ANALYSIS)
        await store.save(new, replace(ANALYSIS, created_at=moment))
        assert await store.prune("BTC", moment, {current.facts_hash}) == 1
        assert await store.prune("BTC", moment, {current.facts_hash}) == 0
        return [key for key in (old, current, of_others, new) if await store.find(key)]

    assert database.run(prune) == [current, of_others, new]


def test_windows_of_old_texts_are_told_by_symbol(database: Database) -> None:
    later = ANALYSIS.created_at + timedelta(seconds=1)

    async def look(engine: AsyncEngine) -> dict[str, list[int]]:
        store = AnalysisStore(engine)
        for key in (KEY, replace(KEY, language="en"), replace(KEY, window=48), replace(KEY, symbol="ETH")):
            await store.save(key, ANALYSIS)
        await store.save(replace(KEY, window=168), replace(ANALYSIS, created_at=later))
        found = await store.windows(later)
        return {symbol: sorted(windows) for symbol, windows in found.items()}

    assert database.run(look) == {"BTC": [24, 48], "ETH": [24]}
