"""The tables of a service: SQLite in a file, or PostgreSQL, each by its asynchronous driver.

    async def count(connection: AsyncConnection) -> int:
        return (await connection.execute(select(func.count()).select_from(prices))).scalar_one()

    engine = open_engine(DatabaseSettings())
    found = await read(engine, count)
    await close_engine(engine)

A transaction ends in time or counts as failed: whoever asks waits no longer than `timeout_seconds`, whatever
the database does. Of one that is given up nobody knows whether it was committed, so what is written must bear
being written twice.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bentos.core.errors import DatabaseUnavailable, SettingsError
from bentos.core.settings import DatabaseSettings

__all__ = ["DatabaseUnavailable", "close_engine", "guarded", "open_engine", "parse_url", "read", "write"]

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}

_TIMEOUT = "ekiben_timeout_seconds"
_WRITES = "ekiben_writes"
_UNDEFINED_TABLE = "42P01"
_IDLE_TRANSACTION_MILLISECONDS = 10_000
"""After it PostgreSQL ends the transaction of a process that was stopped in the middle of one: it may hold
locks that all replicas wait for."""

_BUSY_SHARE = 0.8
"""Part of the time limit after which SQLite itself stops waiting for a lock. It can't be told to stop sooner,
so it should before we do."""
_CLOSE_SECONDS = 3.0
"""Longest wait, at the end, for transactions that were given up. A PostgreSQL that does not answer would take
ten seconds: five to be asked to stop, five to do it."""

_Result = TypeVar("_Result")
Work = Callable[[AsyncConnection], Awaitable[_Result]]

_given_up: set[asyncio.Task[Any]] = set()
"""Transactions that are being cancelled; the event loop itself keeps no hold of a task."""


def open_engine(settings: DatabaseSettings) -> AsyncEngine:
    """Return an engine; it connects when it is first used. The folder of an SQLite file is made.

    Raises SettingsError for a URL that is none, or a folder that can't be made.
    """
    url = parse_url(settings.url.get_secret_value())
    is_file = url.get_backend_name() == "sqlite"
    engine = create_async_engine(
        url.set(drivername=DRIVERS[url.get_backend_name()]),
        pool_size=settings.connections,
        max_overflow=0,
        pool_timeout=settings.timeout_seconds,
        pool_pre_ping=not is_file,
        connect_args=_file_options(settings) if is_file else _server_options(settings),
        execution_options={_TIMEOUT: settings.timeout_seconds},
        # Errors are logged with their statement, whose values are nobody's business there.
        hide_parameters=True,
    )
    if is_file:
        prepare_sqlite(engine.sync_engine)
    return engine


def parse_url(url: str) -> URL:
    """Return the URL of an SQLite file, whose folder is made, or of a PostgreSQL database.

    Raises SettingsError for anything else, without the URL: it may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsError(f"EKIBEN_DATABASE_URL is no URL; {_EXPECTED}") from None
    backend = parsed.get_backend_name()
    if backend not in DRIVERS or (backend == "sqlite" and parsed.database in (None, "", ":memory:")):
        raise SettingsError(f"EKIBEN_DATABASE_URL begins with {parsed.drivername!r}; {_EXPECTED}")
    if backend == "sqlite":
        _make_folder(Path(str(parsed.database)).parent)
    return parsed


_EXPECTED = "it must be sqlite:///FILE or postgresql://user:password@host/database."


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"EKIBEN_DATABASE_URL: the folder {folder} can't be made: {error.strerror}."
        ) from error


def _file_options(settings: DatabaseSettings) -> dict[str, Any]:
    return {"timeout": _BUSY_SHARE * settings.timeout_seconds}


def _server_options(settings: DatabaseSettings) -> dict[str, Any]:
    milliseconds = math.ceil(settings.timeout_seconds * 1000)
    return {
        "connect_timeout": math.ceil(settings.timeout_seconds),
        "application_name": "ekiben",
        "options": f"-c statement_timeout={milliseconds} "
        f"-c idle_in_transaction_session_timeout={_IDLE_TRANSACTION_MILLISECONDS}",
    }


def prepare_sqlite(engine: Engine) -> None:
    """Let readers of the file go on while another process writes it, and let writers queue.

    `engine` is a synchronous one. Python's driver begins a transaction when it likes, and one that has read
    before it writes fails at once if somebody else wrote in between; so transactions begin where SQLAlchemy
    says, and those that write take their place in the queue at their beginning.
    """

    @event.listens_for(engine, "do_connect")
    def _connect(
        dialect: Dialect, _record: object, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        connection = dialect.connect(*arguments, **options)
        try:
            _set_up(connection)
        except BaseException:
            # SQLAlchemy knows nothing of it yet, and with it lives a thread.
            connection.close()
            raise
        return connection

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up(connection: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def read(engine: AsyncEngine, work: Work[_Result], within_seconds: float | None = None) -> _Result:
    """Return what `work` makes of a connection in a transaction that changes nothing.

    `within_seconds` replaces the engine's time limit. Raises DatabaseUnavailable if the database is absent,
    locked, broken or too slow, or has no tables.
    """
    return await _within(engine, work, within_seconds, writes=False)


async def write(engine: AsyncEngine, work: Work[_Result], within_seconds: float | None = None) -> _Result:
    """Return what `work` makes of a connection in a transaction that is committed after it, or rolled back
    if it raises.

    `within_seconds` and errors are those of `read`.
    """
    return await _within(engine, work, within_seconds, writes=True)


async def _within(
    engine: AsyncEngine, work: Work[_Result], within_seconds: float | None, writes: bool
) -> _Result:
    """Run a transaction in a task of its own: a driver that is cancelled first asks the server to stop,
    which the caller must not wait for."""
    seconds: float = within_seconds or engine.get_execution_options()[_TIMEOUT]
    task = asyncio.create_task(_transact(engine, work, within_seconds, writes))
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            _give_up(task)
    if not task.done():
        raise DatabaseUnavailable(_name(engine), f"no answer within {seconds:g} s")
    with guarded(engine):
        return task.result()


async def _transact(
    engine: AsyncEngine, work: Work[_Result], within_seconds: float | None, writes: bool
) -> _Result:
    async with engine.connect() as connection:
        await connection.execution_options(**{_WRITES: writes})
        async with connection.begin():
            if within_seconds is not None and connection.dialect.name == "postgresql":
                milliseconds = math.ceil(within_seconds * 1000)
                await connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
            return await work(connection)


def _give_up(task: asyncio.Task[Any]) -> None:
    def forget(done: asyncio.Task[Any]) -> None:
        _given_up.discard(done)
        if not done.cancelled():
            done.exception()

    _given_up.add(task)
    task.add_done_callback(forget)
    task.cancel()


async def close_engine(engine: AsyncEngine) -> None:
    """Close all connections, once the transactions that were given up have ended."""
    if _given_up:
        await asyncio.wait(_given_up, timeout=_CLOSE_SECONDS)
    await engine.dispose()


@contextmanager
def guarded(engine: AsyncEngine | Engine) -> Iterator[None]:
    """Turn what SQLAlchemy raises for an absent, locked, broken or slow database, or for one without tables,
    into DatabaseUnavailable. Faults of a statement itself pass."""
    try:
        yield
    except (PoolTimeoutError, OSError) as error:
        raise DatabaseUnavailable(_name(engine), str(error)) from error
    except DBAPIError as error:
        if not is_unavailable(error):
            raise
        raise DatabaseUnavailable(_name(engine), " ".join(str(error.orig).split())) from error


def is_unavailable(error: DBAPIError) -> bool:
    """Return whether an error tells about the database, not about the statement or its values."""
    if isinstance(error, OperationalError | InterfaceError | InternalError) or error.connection_invalidated:
        return True
    if isinstance(error, ProgrammingError):
        return getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE
    # What is more special than that is a statement's own fault.
    return type(error) is DatabaseError


def _name(engine: AsyncEngine | Engine) -> str:
    return engine.url.set(drivername=engine.url.get_backend_name()).render_as_string(hide_password=True)
