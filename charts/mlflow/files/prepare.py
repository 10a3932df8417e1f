"""Runs before MLflow's server, while none of an older version runs: writes the file with the settings of its
accounts, brings both schemas up to date, and makes the accounts.

Pods of one release may run this at the same time; a lock in the database lets them pass one by one, and all
but the first find nothing to do.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy
from alembic.util import CommandError
from sqlalchemy.exc import OperationalError

LOCK = 5_253_011
"""Any number, the same in every pod."""


def say(sentence: str) -> None:
    """Write a line to the log."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def settings_of_accounts(
    database_uri: str, default_permission: str, admin_username: str, cache_seconds: int
) -> str:
    """Return the content of MLflow's basic_auth.ini."""
    settings = {
        "default_permission": default_permission,
        # MLflow reads the file with interpolation, so percent signs of an encoded password are doubled.
        "database_uri": database_uri.replace("%", "%%"),
        "admin_username": admin_username,
        "grant_default_workspace_access": "false",
        "auth_cache_ttl_seconds": str(cache_seconds),
    }
    lines = ["[mlflow]", *(f"{name} = {value}" for name, value in settings.items())]
    return "\n".join(lines) + "\n"


def write_privately(path: Path, content: str) -> None:
    """Write a file that only its owner may read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)


def read_account(folder: Path) -> tuple[str, str]:
    """Return user name and password of a mounted Secret of type kubernetes.io/basic-auth.

    Ends with a sentence if one begins or ends with a blank: a line break that `echo` left is easily lost on
    the way, and then nobody gets in.
    """
    username, password = (folder / "username").read_text(), (folder / "password").read_text()
    if username != username.strip() or password != password.strip():
        sys.exit(f"User name or password in {folder} begins or ends with a blank or a line break.")
    return username, password


def connect(uri: str, wait_seconds: float) -> sqlalchemy.Engine:
    """Return an engine whose database answers. Raises OperationalError if it does not within that time."""
    engine = sqlalchemy.create_engine(uri)
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            with engine.connect():
                return engine
        except OperationalError as error:
            if time.monotonic() > deadline:
                raise
            reason = str(error.orig).strip().partition("\n")[0]
            say(f"waiting for the database: {reason}")
            time.sleep(2)


@contextmanager
def one_at_a_time(engine: sqlalchemy.Engine) -> Iterator[None]:
    """Hold the lock. It belongs to the connection, so it can't outlive this process."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:number)"), {"number": LOCK})
            connection.commit()
        yield


def migrate(backend: sqlalchemy.Engine, accounts: sqlalchemy.Engine) -> None:
    """Bring both schemas up to date. Raises CommandError if one is newer than this MLflow."""
    from mlflow.server.auth.db import utils as accounts_schema
    from mlflow.store.db import utils as backend_schema

    # First: what the other schema has added would not look like an empty database any more.
    if backend_schema._is_empty_database(backend):
        backend_schema._initialize_tables(backend)
    elif backend_schema._get_schema_version(backend) != backend_schema._get_latest_schema_revision():
        backend_schema._upgrade_db(backend)
    accounts_schema.migrate_if_needed(accounts, "head")


def make_accounts(uri: str, admin: tuple[str, str], others: list[tuple[str, str]]) -> None:
    """Make the accounts that are missing, and set the passwords of the others."""
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore()
    store.init_db(uri)
    for (username, password), is_admin in [(admin, True), *((other, False) for other in others)]:
        if not store.has_user(username):
            store.create_user(username, password, is_admin=is_admin)
        elif not store.authenticate_user(username, password):
            store.update_user(username, password=password)
        else:
            continue
        say(f"account {username}: password set")


def main() -> None:
    """Prepare everything, as the environment says."""
    backend_uri = os.environ["MLFLOW_BACKEND_STORE_URI"]
    accounts_uri = os.environ["ACCOUNTS_DATABASE_URI"]
    wait_seconds = float(os.environ["DATABASE_WAIT_SECONDS"])
    folder = Path(os.environ["ACCOUNTS_FOLDER"])
    admin = read_account(folder / "admin")
    others = [read_account(path) for path in sorted(folder.glob("other-*"))]
    permission, cache_seconds = os.environ["DEFAULT_PERMISSION"], int(os.environ["CACHE_SECONDS"])
    content = settings_of_accounts(accounts_uri, permission, admin[0], cache_seconds)
    write_privately(Path(os.environ["MLFLOW_AUTH_CONFIG_PATH"]), content)
    backend, accounts = connect(backend_uri, wait_seconds), connect(accounts_uri, wait_seconds)
    with one_at_a_time(backend):
        if os.environ["MIGRATE"] == "true":
            migrate(backend, accounts)
        make_accounts(accounts_uri, admin, others)


if __name__ == "__main__":
    try:
        main()
    except CommandError as error:
        sys.exit(
            f"The database was made by a newer MLflow than this one: {error}. "
            "Go on with that version, or restore the backup from before its migration."
        )
    except OperationalError as error:
        sys.exit(f"The database does not answer: {str(error.orig).strip()}")
