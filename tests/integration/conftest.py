"""The tiny model and throw-away databases, for tests with real processes."""

from tests.support.databases import database, empty_sqlite, postgres, postgres_settings, sqlite_settings
from tests.support.tiny.fixtures import tiny_model, tiny_package

__all__ = [
    "database",
    "empty_sqlite",
    "postgres",
    "postgres_settings",
    "sqlite_settings",
    "tiny_model",
    "tiny_package",
]
