"""Statements in transactions of their own, and what SQLite and PostgreSQL spell differently."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, Executable, Row, Select, Table, Text, cast, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bentos.core.database import read, write

Insert = postgresql.Insert | sqlite.Insert


async def fetch(engine: AsyncEngine, query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return all rows. Raises DatabaseUnavailable."""

    async def ask(connection: AsyncConnection) -> Sequence[Row[*tuple[Any, ...]]]:
        return (await connection.execute(query)).all()

    return await read(engine, ask)


async def change(engine: AsyncEngine, statement: Executable) -> int:
    """Run a statement that writes; return how many rows it made, changed or removed. Raises
    DatabaseUnavailable."""

    async def run(connection: AsyncConnection) -> int:
        return await _run(connection, statement)

    return await write(engine, run)


def insert_into(table: Table, engine_or_connection: AsyncEngine | AsyncConnection) -> Insert:
    """Return an INSERT that knows ON CONFLICT, as this database spells it."""
    if engine_or_connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


async def upsert(
    connection: AsyncConnection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    keep: Collection[str] = (),
) -> int:
    """Insert the rows, each with a value for every column; return how many rows were made or changed.

    One that is there already gets the new values, except in the columns `keep`; it is left alone if nothing
    else differs.
    """
    if not rows:
        return 0
    statement = insert_into(table, connection)
    values = [column for column in table.columns if not column.primary_key and column.name not in keep]
    new = statement.excluded
    upserting = statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={column.name: new[column.name] for column in values},
        where=or_(*(_comparable(column) != _comparable(new[column.name]) for column in values)),
    )
    return await _run(connection, upserting, rows)


def _comparable(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # PostgreSQL does not compare JSON.
    return cast(column, Text) if isinstance(column.type, JSON) else column


async def _run(
    connection: AsyncConnection, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None
) -> int:
    # Of an INSERT, SQLAlchemy forgets the number unless it is told not to.
    options = {"preserve_rowcount": True}
    return (await connection.execute(statement, rows, execution_options=options)).rowcount
