"""Every test here runs on both databases."""

from tests.support.databases import database, empty_sqlite, postgres, postgres_settings, sqlite_settings

__all__ = ["database", "empty_sqlite", "postgres", "postgres_settings", "sqlite_settings"]
