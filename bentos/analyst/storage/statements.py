"""Statements in transactions of their own, and what SQLite and PostgreSQL spell differently."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import (
    JSON,
    ColumnElement,
    Executable,
    Row,
    Select,
    Table,
    Text,
    cast,
    delete,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bentos.core.database import read, write

Insert = postgresql.Insert | sqlite.Insert

_Row = TypeVar("_Row", bound=Struct)

REMOVED_AT_ONCE = 500
"""Rows that one transaction removes: few enough that nobody waits long for it."""
MOST_REMOVED = 100_000
"""Rows that one run removes; the next one goes on."""


async def fetch(engine: AsyncEngine, query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return all rows. Raises DatabaseUnavailable."""

    async def ask(connection: AsyncConnection) -> Sequence[Row[*tuple[Any, ...]]]:
        return (await connection.execute(query)).all()

    return await read(engine, ask)


async def fetch_structs(engine: AsyncEngine, kind: type[_Row], query: Select[*tuple[Any, ...]]) -> list[_Row]:
    """Return all rows of a query for the fields of a kind of struct, in their order. Raises
    DatabaseUnavailable."""
    # A mapping of each row would take three times as long, in which nobody is answered.
    fields = kind.__struct_fields__
    return [kind(**dict(zip(fields, row, strict=True))) for row in await fetch(engine, query)]


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


async def remove(
    engine: AsyncEngine,
    table: Table,
    doomed: ColumnElement[bool],
    then: Callable[[AsyncConnection, int], Awaitable[object]] | None = None,
) -> int:
    """Remove rows, `MOST_REMOVED` at most, in transactions of `REMOVED_AT_ONCE`; return how many. Each
    transaction ends with `then`, which is told how many it removed. Several processes may do this at once.

    Raises DatabaseUnavailable; what was removed before stays removed.
    """

    async def remove_some(connection: AsyncConnection) -> int:
        count = await _remove_batch(connection, table, doomed)
        if then is not None:
            await then(connection, count)
        return count

    removed, batch = 0, REMOVED_AT_ONCE
    while batch == REMOVED_AT_ONCE and removed < MOST_REMOVED:
        batch = await write(engine, remove_some)
        removed += batch
    return removed


async def _remove_batch(connection: AsyncConnection, table: Table, doomed: ColumnElement[bool]) -> int:
    # Rows that somebody else works on are left for the next time.
    key = list(table.primary_key)
    choosing = select(*key).where(doomed).limit(REMOVED_AT_ONCE).with_for_update(skip_locked=True)
    # PostgreSQL may ask a mere subquery with a limit more than once. Nested, because Python's SQLite counts
    # nothing for a statement that begins with it.
    chosen = choosing.cte("chosen", nesting=True)
    return await _run(connection, delete(table).where(tuple_(*key).in_(select(*chosen.c))))


def _comparable(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # PostgreSQL does not compare JSON.
    return cast(column, Text) if isinstance(column.type, JSON) else column


async def _run(
    connection: AsyncConnection, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None
) -> int:
    # Of an INSERT, SQLAlchemy forgets the number unless it is told not to.
    options = {"preserve_rowcount": True}
    return (await connection.execute(statement, rows, execution_options=options)).rowcount
