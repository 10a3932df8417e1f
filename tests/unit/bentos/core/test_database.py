"""Transactions on both databases, and every way in which a database is not there."""

import asyncio
import os
import signal
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bentos.core import database as module
from bentos.core.database import (
    DatabaseUnavailable,
    close_engine,
    guarded,
    open_engine,
    parse_url,
    read,
    write,
)
from bentos.core.errors import SettingsError
from bentos.core.settings import DatabaseSettings
from tests.support.databases import Database

Work = Callable[[AsyncConnection], Awaitable[Any]]


def run(statement: str, **values: Any) -> Work:
    async def work(connection: AsyncConnection) -> list[Any]:
        result = await connection.execute(text(statement), values)
        return list(result.scalars()) if result.returns_rows else []

    return work


def settings_for(url: str, timeout_seconds: float = 60.0, connections: int = 5) -> DatabaseSettings:
    return DatabaseSettings.model_validate(
        {"url": url, "timeout_seconds": timeout_seconds, "connections": connections}
    )


def try_out(settings: DatabaseSettings, work: Callable[[AsyncEngine], Awaitable[Any]]) -> Any:
    async def work_and_close() -> Any:
        engine = open_engine(settings)
        try:
            return await work(engine)
        finally:
            await close_engine(engine)

    return asyncio.run(work_and_close())


async def make_counter(engine: AsyncEngine) -> None:
    await write(engine, run("CREATE TABLE counter (number INTEGER PRIMARY KEY)"))
    await write(engine, run("INSERT INTO counter VALUES (1)"))


def test_what_is_written_is_read_by_another_engine(database: Database) -> None:
    database.run(make_counter)
    assert database.run(lambda engine: read(engine, run("SELECT number FROM counter"))) == [1]


def test_transaction_that_raises_changes_nothing(database: Database) -> None:
    async def increase_and_fail(connection: AsyncConnection) -> None:
        await connection.execute(text("UPDATE counter SET number = 2"))
        raise ZeroDivisionError

    async def work(engine: AsyncEngine) -> Any:
        await make_counter(engine)
        with pytest.raises(ZeroDivisionError):
            await write(engine, increase_and_fail)
        return await read(engine, run("SELECT number FROM counter"))

    assert database.run(work) == [1]


def test_caller_that_goes_away_leaves_nothing_half_done(database: Database) -> None:
    async def increase_and_wait(connection: AsyncConnection) -> None:
        await connection.execute(text("UPDATE counter SET number = 2"))
        await asyncio.Event().wait()

    async def work(engine: AsyncEngine) -> Any:
        await make_counter(engine)
        caller = asyncio.create_task(write(engine, increase_and_wait))
        await asyncio.sleep(0.1)
        caller.cancel()
        await asyncio.wait({caller})
        return await write(engine, run("SELECT number FROM counter"))

    assert database.run(work) == [1]


def test_writers_that_read_first_take_turns(database: Database) -> None:
    statement = "SELECT number FROM counter"
    if database.is_postgres:
        statement += " FOR UPDATE"

    async def increase(connection: AsyncConnection) -> None:
        number = (await connection.execute(text(statement))).scalar_one()
        await asyncio.sleep(0)
        await connection.execute(text("UPDATE counter SET number = :next"), {"next": number + 1})

    async def work(engine: AsyncEngine) -> Any:
        await make_counter(engine)
        await asyncio.gather(*(write(engine, increase) for _ in range(20)))
        return await read(engine, run("SELECT number FROM counter"))

    assert database.run(work) == [21]


def test_table_that_is_missing_makes_the_database_unavailable(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="absent"):
        database.run(lambda engine: read(engine, run("SELECT 1 FROM absent")))


def test_values_that_a_table_does_not_take_are_our_own_fault(database: Database) -> None:
    async def work(engine: AsyncEngine) -> None:
        await make_counter(engine)
        await write(engine, run("INSERT INTO counter VALUES (:number)", number=1))

    with pytest.raises(IntegrityError) as raised:
        database.run(work)
    assert "hide_parameters" in str(raised.value)


def test_statement_that_makes_no_sense_is_our_own_fault(postgres_settings: DatabaseSettings) -> None:
    with pytest.raises(ProgrammingError):
        try_out(postgres_settings, lambda engine: read(engine, run("SELEKT")))


def test_reader_is_not_held_up_by_a_writer(database: Database) -> None:
    async def work(engine: AsyncEngine) -> Any:
        await make_counter(engine)
        written, done = asyncio.Event(), asyncio.Event()

        async def hold(connection: AsyncConnection) -> None:
            await connection.execute(text("UPDATE counter SET number = 2"))
            written.set()
            await done.wait()

        writer = asyncio.create_task(write(engine, hold))
        await written.wait()
        found = await read(engine, run("SELECT number FROM counter"))
        done.set()
        await writer
        return found

    assert database.run(work) == [1]


def test_locked_file_is_unavailable(sqlite_settings: DatabaseSettings) -> None:
    file = sqlite_settings.url.get_secret_value().removeprefix("sqlite:///")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    impatient = settings_for(f"sqlite:///{file}", timeout_seconds=0.1)
    with pytest.raises(DatabaseUnavailable, match=r"no answer within 0\.1 s|locked"):
        try_out(impatient, lambda engine: write(engine, run("DELETE FROM prices")))
    other.close()


def test_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    file.write_bytes(b"something else" * 1000)
    with pytest.raises(DatabaseUnavailable, match="file is not a database"):
        try_out(settings_for(f"sqlite:///{file}"), lambda engine: read(engine, run("SELECT 1")))


def test_server_that_is_not_there_is_unavailable_and_its_password_stays_secret() -> None:
    settings = settings_for("postgresql://ann:secret@127.0.0.1:1/x")
    with pytest.raises(DatabaseUnavailable) as raised:
        try_out(settings, lambda engine: read(engine, run("SELECT 1")))
    assert str(raised.value).startswith("The database postgresql://ann:***@127.0.0.1:1/x is not available: ")
    assert "secret" not in str(raised.value)
    assert "refused" in raised.value.reason


def test_server_that_takes_connections_but_never_speaks_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://ann@127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(DatabaseUnavailable, match=r"no answer within 0\.1 s"):
            try_out(settings_for(url, timeout_seconds=0.1), lambda engine: read(engine, run("SELECT 1")))


def test_statement_that_takes_too_long_is_given_up_and_the_next_one_works(
    postgres_settings: DatabaseSettings,
) -> None:
    async def work(engine: AsyncEngine) -> Any:
        await read(engine, run("SELECT 1"))
        with pytest.raises(DatabaseUnavailable):
            await read(engine, run("SELECT pg_sleep(3600)"), within_seconds=0.2)
        return await read(engine, run("SELECT 1"))

    assert try_out(postgres_settings, work) == [1]


def test_server_itself_ends_what_takes_longer_than_the_settings_say(
    postgres_settings: DatabaseSettings,
) -> None:
    async def work(engine: AsyncEngine) -> Any:
        async with engine.connect() as connection:
            shown = await connection.execute(text("SHOW statement_timeout"))
        return shown.scalar_one(), await read(engine, run("SHOW statement_timeout"), within_seconds=90.0)

    assert try_out(postgres_settings, work) == ("1min", ["90s"])


def test_nobody_waits_for_a_server_that_froze(postgres_settings: DatabaseSettings) -> None:
    settings = settings_for(postgres_settings.url.get_secret_value(), connections=1)

    async def work(engine: AsyncEngine) -> int:
        (backend,) = await read(engine, run("SELECT pg_backend_pid()"))
        os.kill(backend, signal.SIGSTOP)
        try:
            with pytest.raises(DatabaseUnavailable):
                await read(engine, run("SELECT 1"), within_seconds=0.2)
            # Whoever asked has the answer while the driver still waits for the server.
            return len(module._given_up)
        finally:
            os.kill(backend, signal.SIGCONT)

    assert try_out(settings, work) == 1


def test_transaction_waits_for_a_connection_only_so_long(database: Database) -> None:
    settings = settings_for(database.url, connections=1)

    async def work(engine: AsyncEngine) -> Any:
        entered, done = asyncio.Event(), asyncio.Event()

        async def hold(_connection: AsyncConnection) -> None:
            entered.set()
            await done.wait()

        holder = asyncio.create_task(read(engine, hold))
        await entered.wait()
        with pytest.raises(DatabaseUnavailable):
            await read(engine, run("SELECT 1"), within_seconds=0.1)
        done.set()
        await holder
        return await read(engine, run("SELECT 1"))

    assert try_out(settings, work) == [1]


def test_connections_that_the_server_cut_are_replaced(postgres_settings: DatabaseSettings) -> None:
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    mine = "datname = current_database() AND pid <> pg_backend_pid()"

    async def work(engine: AsyncEngine) -> Any:
        await read(engine, run("SELECT 1"))
        other = open_engine(postgres_settings)
        await read(other, run(f"{others} WHERE {mine}"))
        await other.dispose()
        return await read(engine, run("SELECT 1"))

    assert try_out(postgres_settings, work) == [1]


def test_own_connection_can_be_guarded(sqlite_settings: DatabaseSettings) -> None:
    async def work(engine: AsyncEngine) -> None:
        with guarded(engine):
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1 FROM absent"))

    with pytest.raises(DatabaseUnavailable, match="no such table: absent"):
        try_out(sqlite_settings, work)


def test_folder_of_the_file_is_made(tmp_path: Path) -> None:
    assert parse_url(f"sqlite:///{tmp_path}/a/b/c.db").database == f"{tmp_path}/a/b/c.db"
    assert (tmp_path / "a/b").is_dir()


def test_folder_that_can_not_be_made_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(SettingsError, match=r"EKIBEN_DATABASE_URL: the folder .*/a/b can't be made"):
        open_engine(settings_for(f"sqlite:///{tmp_path}/a/b/c.db"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is no URL"),
        ("here", "is no URL"),
        ("postgresql://secret@host:port/x", "is no URL"),
        ("mysql://secret@host/x", "begins with 'mysql'"),
        ("sqlite://", "must be sqlite:///FILE"),
        ("sqlite:///:memory:", "must be sqlite:///FILE"),
    ],
)
def test_any_other_address_is_a_wrong_setting(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as raised:
        open_engine(settings_for(url))
    assert "secret" not in str(raised.value)
