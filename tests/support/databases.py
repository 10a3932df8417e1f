"""One test, two databases: the fixture `database` is an SQLite file first, then PostgreSQL."""

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.core.database import close_engine, open_engine
from bentos.core.migrate import upgrade
from bentos.core.settings import DatabaseSettings
from tests.support.postgres import PATIENCE_SECONDS, postgres, postgres_settings

__all__ = ["Database", "database", "empty_sqlite", "postgres", "postgres_settings", "sqlite_settings"]

_Result = TypeVar("_Result")


class Database:
    """A database with all tables and nothing in them."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings

    @property
    def url(self) -> str:
        """Its address, as `EKIBEN_DATABASE_URL` takes it."""
        return self.settings.url.get_secret_value()

    @property
    def is_postgres(self) -> bool:
        return self.url.startswith("postgresql")

    def run(
        self, work: Callable[[AsyncEngine], Awaitable[_Result]], timeout_seconds: float = PATIENCE_SECONDS
    ) -> _Result:
        """Return what `work` makes of an engine, in an event loop of its own."""
        settings = self.settings.model_copy(update={"timeout_seconds": timeout_seconds})

        async def work_and_close() -> _Result:
            engine = open_engine(settings)
            try:
                return await work(engine)
            finally:
                await close_engine(engine)
                _await_drivers_end()

        return asyncio.run(work_and_close())


def _await_drivers_end() -> None:
    """Wait for threads of SQLite's driver: one that could not connect has a last word to the event loop,
    which must still be there."""
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join(PATIENCE_SECONDS)


def make_sqlite_settings(file: Path) -> DatabaseSettings:
    return DatabaseSettings.model_validate({"url": f"sqlite:///{file}", "timeout_seconds": PATIENCE_SECONDS})


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in which all migrations were applied, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "empty.db"
    upgrade(make_sqlite_settings(file))
    return file


@pytest.fixture
def sqlite_settings(empty_sqlite: Path, tmp_path: Path) -> DatabaseSettings:
    """Settings of a file of one test's own, with all tables."""
    return make_sqlite_settings(Path(shutil.copy(empty_sqlite, tmp_path / "ekiben.db")))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """Each of the two databases in turn."""
    return Database(request.getfixturevalue(f"{request.param}_settings"))
