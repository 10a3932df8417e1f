from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, Integer, MetaData, inspect
from sqlalchemy.ext.asyncio import AsyncEngine

from bentos.analyst.storage.tables import metadata
from tests.support.databases import Database, make_sqlite_settings
from tests.support.postgres import PostgresServer

ALEMBIC_TABLE = "alembic_version"


@pytest.fixture
def created(database: Database, postgres: PostgresServer, tmp_path: Path) -> Iterator[Database]:
    """A database of the same kind whose tables were made from the metadata, without migrations."""
    name = postgres.new_database()
    settings = postgres.settings(name) if database.is_postgres else make_sqlite_settings(tmp_path / "new.db")
    created = Database(settings)

    async def create(engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)

    created.run(create)
    yield created
    postgres.drop_database(name)


def compare(connection: Connection, wanted: MetaData) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), wanted))


def describe(connection: Connection) -> dict[str, Any]:
    """Return all that the database itself says about its tables."""
    inspector = inspect(connection)
    return {
        name: {
            "columns": [{**column, "type": repr(column["type"])} for column in inspector.get_columns(name)],
            "key": inspector.get_pk_constraint(name),
            "indexes": inspector.get_indexes(name),
            "unique": inspector.get_unique_constraints(name),
            "checks": inspector.get_check_constraints(name),
            "foreign": inspector.get_foreign_keys(name),
        }
        for name in sorted(set(inspector.get_table_names()) - {ALEMBIC_TABLE})
    }


def test_migrations_make_the_tables_that_the_code_expects(database: Database) -> None:
    async def look(engine: AsyncEngine) -> list[Any]:
        async with engine.connect() as connection:
            return await connection.run_sync(compare, metadata)

    assert database.run(look) == []


def test_a_column_without_migration_is_noticed(database: Database) -> None:
    other = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(other)
    other.tables["news"].append_column(Column("likes", Integer))

    async def look(engine: AsyncEngine) -> list[Any]:
        async with engine.connect() as connection:
            return await connection.run_sync(compare, other)

    ((change, _, table, column),) = database.run(look)
    assert (change, table, column.name) == ("add_column", "news", "likes")


def test_migrated_and_created_tables_are_the_same_to_the_last_constraint(
    database: Database, created: Database
) -> None:
    async def look(engine: AsyncEngine) -> dict[str, Any]:
        async with engine.connect() as connection:
            return await connection.run_sync(describe)

    migrated = database.run(look)
    assert migrated == created.run(look)
    assert migrated.keys() == metadata.tables.keys()
    assert [index["name"] for index in migrated["news"]["indexes"]] == ["news_by_published_at"]
    assert [index["name"] for index in migrated["analyses"]["indexes"]] == ["analyses_by_created_at"]
