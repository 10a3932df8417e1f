"""How the analyst is put together and taken apart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from bentos.analyst.opening import open_analyst
from bentos.analyst.predictor import AnalystPredictor
from bentos.analyst.storage.claims import Claims
from bentos.core.database import close_engine, open_engine
from bentos.core.errors import DependencyUnavailable, NotReady, SettingsError, UnknownResource
from bentos.core.settings import DatabaseSettings
from tests.support.analyst_bench import asked, until
from tests.support.in_loop import in_loop
from tests.support.misbehaving_llm import MisbehavingLlm
from tests.support.tiny_analyst import fill, tiny_analyst_predictor


@asynccontextmanager
async def opened(registry: CollectorRegistry | None = None) -> AsyncIterator[AnalystPredictor]:
    predictor = tiny_analyst_predictor()
    async with open_analyst(predictor, registry or CollectorRegistry()):
        yield predictor


@pytest.fixture
def _environment(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKIBEN_DATABASE_URL", sqlite_settings.url.get_secret_value())
    monkeypatch.setenv("EKIBEN_DATABASE_TIMEOUT_SECONDS", "60")
    monkeypatch.setenv("EKIBEN_ANALYST_OPENAI_URL", llm.url)
    monkeypatch.setenv("EKIBEN_ANALYST_DEADLINE_SECONDS", "30")


@pytest.mark.usefixtures("_environment")
@in_loop
async def test_predictor_answers_while_it_is_open_and_not_after() -> None:
    async with opened() as predictor:
        with pytest.raises(UnknownResource, match="none yet"):
            await predictor.analyst.explain("BTC", 24, "en")
    with pytest.raises(NotReady):
        _ = predictor.analyst


@pytest.mark.usefixtures("_environment")
@in_loop
async def test_texts_are_prepared_without_anybody_asking(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    await fill(sqlite_settings)
    async with opened() as predictor:
        await until(lambda: len(llm.asked) == 12 and llm.under_way == 0)
        assert (await predictor.analyst.explain("BTC", 168, "fr")).source == "stored"


@pytest.mark.usefixtures("_environment")
@in_loop
async def test_end_cancels_calls_and_releases_what_they_hold(
    sqlite_settings: DatabaseSettings, llm: MisbehavingLlm
) -> None:
    await fill(sqlite_settings)
    llm.behaviour = "hangs"
    async with opened():
        await asked(llm, 1)
    await until(lambda: llm.under_way == 0)
    engine = open_engine(sqlite_settings)
    async with engine.connect() as connection:
        assert (await connection.exec_driver_sql("SELECT * FROM claims")).all() == []
    assert await Claims(engine).claim("anything", 1.0)
    await close_engine(engine)


@in_loop
async def test_it_opens_without_a_database_and_without_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKIBEN_DATABASE_URL", f"sqlite:///{tmp_path}/none/absent.db")
    monkeypatch.setenv("EKIBEN_ANALYST_OPENAI_URL", "http://127.0.0.1:9/v1")
    async with opened() as predictor:
        with pytest.raises(DependencyUnavailable):
            await predictor.analyst.explain("BTC", 24, "en")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EKIBEN_ANALYST_DEADLINE_SECONDS", "0"),
        ("EKIBEN_ANALYST_WINDOWS", "many"),
        ("EKIBEN_ANALYST_PROVIDERS", "oracle"),
        ("EKIBEN_DATABASE_URL", "mysql://nowhere"),
    ],
)
@in_loop
async def test_setting_that_makes_no_sense_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv("EKIBEN_DATABASE_URL", f"sqlite:///{tmp_path}/some.db")
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        async with opened():
            await asyncio.sleep(0)
