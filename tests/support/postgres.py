"""A throw-away PostgreSQL server that listens on a Unix socket only.

It is a real one: the binaries of the machine's package, a data folder of its own, no password.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from bentos.core.migrate import upgrade
from bentos.core.settings import DatabaseSettings
from training.core.watchdog import Watchdog

INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian and Ubuntu keep servers, by version, off PATH."""
START_SECONDS = 60.0
PATIENCE_SECONDS = 60.0
"""Time limit of statements where a test is not about time limits: a busy machine is slow."""
UNPRIVILEGED = "nobody"
"""Who runs the server if we are root, for whom it refuses to run."""
SPEED = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=60")
"""What is lost when the machine fails does not matter here."""
TEMPLATE = "migrated"


class PostgresServer:
    """A running server."""

    def __init__(self, folder: Path, user: str) -> None:
        self._folder = folder
        self._user = user

    def url(self, database: str) -> str:
        """Return the address of a database as `EKIBEN_DATABASE_URL` takes it."""
        return f"postgresql://{self._user}@/{database}?host={self._folder}"

    def settings(self, database: str, timeout_seconds: float = PATIENCE_SECONDS) -> DatabaseSettings:
        """Return the settings for a database."""
        return DatabaseSettings.model_validate(
            {"url": self.url(database), "timeout_seconds": timeout_seconds}
        )

    def execute(self, statement: SQL, *names: str, database: str = "postgres") -> None:
        """Run one statement, in which each `{}` stands for one of the names."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.format(*map(Identifier, names)))

    def new_database(self, template: str = "template1") -> str:
        """Make a database with what the template holds; return its name."""
        name = f"test_{secrets.token_hex(6)}"
        self.execute(SQL("CREATE DATABASE {} TEMPLATE {}"), name, template)
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, even one with connections."""
        self.execute(SQL("DROP DATABASE {} WITH (FORCE)"), name)

    def answers(self) -> bool:
        """Return whether it takes connections."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def find_binaries() -> Path:
    """Return the folder of the newest server. Raises RuntimeError with what to install if there is none."""
    versions = [path for path in INSTALLED.glob("*/bin") if (path / "postgres").exists()]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    found = shutil.which("postgres")
    if found is None:
        raise RuntimeError(
            "Tests with PostgreSQL need its server: sudo apt-get install --no-install-recommends postgresql"
        )
    return Path(found).resolve().parent


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server, which ends with this process however that ends."""
    binaries = find_binaries()
    user = UNPRIVILEGED if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="ekiben-postgres-"))
    try:
        if user:
            shutil.chown(folder, user)
        _initialise(binaries, folder, user)
        with Watchdog() as watchdog, _serving(binaries, folder, user, watchdog):
            yield PostgresServer(folder, "ekiben")
    finally:
        shutil.rmtree(folder)


def _initialise(binaries: Path, folder: Path, user: str | None) -> None:
    options = ("--username=ekiben", "--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8")
    subprocess.run(
        [binaries / "initdb", f"--pgdata={folder / 'data'}", *options],
        cwd=folder,
        user=user,
        check=True,
        capture_output=True,
    )


@contextmanager
def _serving(binaries: Path, folder: Path, user: str | None, watchdog: Watchdog) -> Iterator[None]:
    options = ["listen_addresses=", f"unix_socket_directories={folder}", *SPEED]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                binaries / "postgres",
                "-D",
                folder / "data",
                *(part for option in options for part in ("-c", option)),
            ],
            cwd=folder,
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    watchdog.add(process.pid)
    try:
        _await_answer(process, PostgresServer(folder, "ekiben"), log)
        yield
    finally:
        # A "fast shutdown": connections are cut.
        process.send_signal(signal.SIGINT)
        process.wait()
        watchdog.remove(process.pid)


def _await_answer(process: "subprocess.Popen[bytes]", server: PostgresServer, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not server.answers():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
        time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The server of the test run, with a database `TEMPLATE` in which all migrations were applied."""
    with running_postgres() as server:
        server.execute(SQL("CREATE DATABASE {}"), TEMPLATE)
        upgrade(server.settings(TEMPLATE))
        yield server


@pytest.fixture
def postgres_settings(postgres: PostgresServer) -> Iterator[DatabaseSettings]:
    """Settings of a database of one test's own, with all tables."""
    name = postgres.new_database(TEMPLATE)
    yield postgres.settings(name)
    postgres.drop_database(name)
