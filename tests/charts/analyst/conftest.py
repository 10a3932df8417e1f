"""The database for the script of `helm test`."""

from tests.support.postgres import postgres, postgres_settings

__all__ = ["postgres", "postgres_settings"]
