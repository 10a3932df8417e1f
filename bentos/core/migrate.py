"""`python -m bentos.core.migrate`: bring the tables of the database up to date with this code.

Migrations only ever go forward, and add: code that is rolled back finds all that it knows. So tables that
are newer than the code are left alone. Any number of processes may do this at once; one works, the others
wait and then find nothing left to do.
"""

import argparse
import logging
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from bentos.core.database import guarded, parse_url, prepare_sqlite
from bentos.core.errors import EkibenError
from bentos.core.loggers import get_logger
from bentos.core.logs import configure_logs
from bentos.core.settings import DatabaseSettings, read_settings

MIGRATIONS = Path(__file__).parents[1] / "migrations"

LOCK = 0x656B6962
"""Key of the lock in PostgreSQL that one migrating process holds: "ekib"."""
WAIT_SECONDS = 60.0
"""Longest wait for another process's migration."""

DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}

_log = get_logger("ekiben.migrate")


def upgrade(settings: DatabaseSettings | None = None, migrations: Path = MIGRATIONS) -> str:
    """Apply every migration that the database lacks, all in one transaction; return its revision.

    Blocks, for up to a minute while another process does the same. Raises SettingsError or
    DatabaseUnavailable.
    """
    scripts = ScriptDirectory(str(migrations))
    with _locked(settings or read_settings(DatabaseSettings)) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        if before is not None and not _is_known(scripts, before):
            _log.warning("The tables are newer than this code, and stay as they are", revision=before)
            return before
        config = Config()
        config.set_main_option("script_location", str(migrations).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        after = MigrationContext.configure(connection).get_current_revision() or ""
    _log.info("The tables are up to date", revision=after, changed=after != (before or ""))
    return after


def is_current(settings: DatabaseSettings | None = None, migrations: Path = MIGRATIONS) -> bool:
    """Return whether no migration of this code is missing in the database.

    Raises SettingsError or DatabaseUnavailable.
    """
    scripts = ScriptDirectory(str(migrations))
    with _locked(settings or read_settings(DatabaseSettings)) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == scripts.get_current_head() or (found is not None and not _is_known(scripts, found))


@contextmanager
def _locked(settings: DatabaseSettings) -> Iterator[Connection]:
    """Yield a connection in a transaction that no other process migrates beside."""
    url = parse_url(settings.url.get_secret_value())
    backend = url.get_backend_name()
    options: dict[str, Any] = (
        {"timeout": WAIT_SECONDS}
        if backend == "sqlite"
        else {"connect_timeout": math.ceil(max(2.0, settings.timeout_seconds))}
    )
    engine = create_engine(url.set(drivername=DRIVERS[backend]), poolclass=NullPool, connect_args=options)
    if backend == "sqlite":
        prepare_sqlite(engine)
    with guarded(engine), engine.begin() as connection:
        if backend == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = {math.ceil(WAIT_SECONDS * 1000)}"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        yield connection


def _is_known(scripts: ScriptDirectory, revision: str) -> bool:
    return any(script.revision == revision for script in scripts.walk_revisions())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bentos.core.migrate",
        description="Bring the tables of EKIBEN_DATABASE_URL up to date with this code.",
        epilog="exit codes: 0 done, or nothing to do; 2 wrong arguments; 3 --check found migrations missing; "
        "5 the database is not available, or a setting makes no sense",
    )
    parser.add_argument("--check", action="store_true", help="change nothing, only say whether all is done")
    parsed = parser.parse_args(arguments)
    configure_logs()
    # What it says step by step, our own line says in one.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        if not parsed.check:
            upgrade()
        elif not is_current():
            _log.error("Migrations are missing: run `python -m bentos.core.migrate`", exit_code=3)
            return 3
    except EkibenError as error:
        _log.error(str(error), exit_code=error.exit_code)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
