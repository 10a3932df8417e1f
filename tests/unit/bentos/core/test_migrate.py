"""Tables come up to date once, whoever and however many ask for it, and never go back."""

import json
import logging
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from bentos.core import migrate
from bentos.core.database import DatabaseUnavailable, read, write
from bentos.core.migrate import MIGRATIONS, is_current, main, upgrade
from bentos.core.settings import DatabaseSettings
from tests.support.databases import Database
from tests.support.logs import kept_logs
from tests.support.postgres import PostgresServer

HEAD = ScriptDirectory(str(MIGRATIONS)).get_current_head()

FIRST = """
import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    op.create_table("first", sa.Column("number", sa.Integer, primary_key=True))
"""
SECOND = """
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    op.rename_table("first", "renamed")
    op.execute("INSERT INTO absent VALUES (1)")
"""


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    alembic = logging.getLogger("alembic")
    level = alembic.level
    with kept_logs():
        yield
    alembic.setLevel(level)


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseSettings]:
    """A database without tables."""
    if request.param == "sqlite":
        yield DatabaseSettings.model_validate({"url": f"sqlite:///{tmp_path}/new/empty.db"})
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.new_database()
    yield server.settings(name)
    server.drop_database(name)


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A history of one migration."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("versions", "__pycache__"))
    (folder / "versions").mkdir()
    (folder / "versions/0001_first.py").write_text(FIRST)
    return folder


def run(settings: DatabaseSettings, statement: str) -> list[Any]:
    async def work(connection: AsyncConnection) -> list[Any]:
        result = await connection.execute(text(statement))
        return list(result.scalars()) if result.returns_rows else []

    return Database(settings).run(lambda engine: write(engine, work))


def test_empty_database_gets_all_tables_and_the_second_time_changes_nothing(empty: DatabaseSettings) -> None:
    assert not is_current(empty)
    with capture_logs() as logs:
        assert [upgrade(empty), upgrade(empty)] == [HEAD, HEAD]
    assert is_current(empty)
    assert [line["changed"] for line in logs] == [True, False]
    assert run(empty, "SELECT version_num FROM alembic_version") == [HEAD]


def test_processes_that_migrate_at_once_all_succeed(empty: DatabaseSettings) -> None:
    environment = {"EKIBEN_DATABASE_URL": empty.url.get_secret_value(), "PATH": ""}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bentos.core.migrate"],
            cwd=MIGRATIONS.parents[1],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    written = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    lines = [json.loads(output.splitlines()[-1]) for output in written]
    assert [line["revision"] for line in lines] == [HEAD] * 3
    assert sorted(line["changed"] for line in lines) == [False, False, True]


def test_migration_that_fails_changes_nothing_at_all(empty: DatabaseSettings, migrations: Path) -> None:
    (migrations / "versions/0002_second.py").write_text(SECOND)
    with pytest.raises(DatabaseUnavailable, match="absent"):
        upgrade(empty, migrations)
    (migrations / "versions/0002_second.py").unlink()
    assert upgrade(empty, migrations) == "1"
    assert run(empty, "SELECT number FROM first") == []


def test_tables_that_are_newer_than_the_code_are_left_alone(
    empty: DatabaseSettings, migrations: Path
) -> None:
    upgrade(empty, migrations)
    run(empty, "UPDATE alembic_version SET version_num = 'later'")
    with capture_logs() as logs:
        assert upgrade(empty, migrations) == "later"
    assert [line["event"] for line in logs] == ["The tables are newer than this code, and stay as they are"]
    assert is_current(empty, migrations)


def test_migration_waits_for_another_one(empty: DatabaseSettings, migrations: Path) -> None:
    done: list[str] = []
    waiting = threading.Thread(target=lambda: done.append(upgrade(empty, migrations)))
    with migrate._locked(empty):
        waiting.start()
        waiting.join(0.3)
        assert done == []
    waiting.join()
    assert done == ["1"]


def test_migration_that_waits_too_long_gives_up(
    empty: DatabaseSettings, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "WAIT_SECONDS", 0.1)
    with migrate._locked(empty), pytest.raises(DatabaseUnavailable, match="lock"):
        upgrade(empty, migrations)


def test_service_goes_on_reading_while_tables_are_locked_for_a_migration(database: Database) -> None:
    async def count(connection: AsyncConnection) -> int:
        found: int = (await connection.execute(text("SELECT count(*) FROM prices"))).scalar_one()
        return found

    with migrate._locked(database.settings):
        assert database.run(lambda engine: read(engine, count)) == 0


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    line: dict[str, Any] = json.loads(captured.out.splitlines()[-1])
    return line


def test_command_says_what_it_did_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EKIBEN_DATABASE_URL", f"sqlite:///{tmp_path}/a.db")
    assert main([]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["revision"] == HEAD


def test_check_changes_nothing_and_says_whether_migrations_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EKIBEN_DATABASE_URL", f"sqlite:///{tmp_path}/a.db")
    assert main(["--check"]) == 3
    assert last_line(capsys)["event"] == "Migrations are missing: run `python -m bentos.core.migrate`"
    with sqlite3.connect(tmp_path / "a.db") as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()
    main([])
    assert main(["--check"]) == 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("EKIBEN_DATABASE_URL", "postgresql://ann:secret@127.0.0.1:1/x", "127.0.0.1:1/x is not available"),
        ("EKIBEN_DATABASE_URL", "here", "EKIBEN_DATABASE_URL is no URL"),
        ("EKIBEN_DATABASE_TIMEOUT_SECONDS", "0", "EKIBEN_DATABASE_TIMEOUT_SECONDS: "),
    ],
)
def test_what_can_not_work_ends_with_one_sentence_and_its_code(
    name: str,
    value: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(name, value)
    assert main([]) == 5
    line = last_line(capsys)
    assert (line["level"], line["exit_code"]) == ("error", 5)
    assert words in line["event"]
    assert "secret" not in line["event"]
