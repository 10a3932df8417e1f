"""The tiny model and both databases, for all tests of the core."""

from tests.support.databases import database, empty_sqlite, postgres, postgres_settings, sqlite_settings
from tests.support.tiny.fixtures import gateway, tiny_model, tiny_package
from tests.support.tiny.speaking import speaking, speaking_model

__all__ = [
    "database",
    "empty_sqlite",
    "gateway",
    "postgres",
    "postgres_settings",
    "speaking",
    "speaking_model",
    "sqlite_settings",
    "tiny_model",
    "tiny_package",
]
