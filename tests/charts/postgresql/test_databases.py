"""Further databases: the script that makes them, on a real server, and how the chart runs it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.support.helm import CHARTS, HelmRefused, Object, render
from tests.support.network_policies import Place, may_reach, pod_place
from tests.support.postgres import find_binaries

SCRIPT = CHARTS / "postgresql/files/databases.sh"
ANALYST = {"existingSecret": "analyst-database", "passwordKey": "password"}
WORD = 'it\'s a "word" $(of) `sorts`'
BINARIES = find_binaries()
NOBODY = 65534


def _spec(values: dict[str, Any] | None = None) -> Object:
    spec: Object = render("postgresql", values, release="db").one("StatefulSet")["spec"]["template"]["spec"]
    return spec


def test_without_further_databases_nothing_runs_after_the_start() -> None:
    spec = _spec()
    assert "lifecycle" not in spec["containers"][0]
    assert "databases" not in {volume["name"] for volume in spec["volumes"]}


def test_each_database_has_its_password_in_a_file_of_its_name() -> None:
    spec = _spec({"databases": {"analyst": ANALYST, "gone": None}})
    (volume,) = (one["projected"] for one in spec["volumes"] if one["name"] == "databases")
    source = {"name": "analyst-database", "optional": True, "items": [{"key": "password", "path": "analyst"}]}
    assert volume == {"defaultMode": 0o440, "sources": [{"secret": source}]}
    mounts = {mount["name"]: mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    assert mounts["databases"] == "/databases"


def test_the_script_runs_after_every_start_of_the_server() -> None:
    (shell, option, text) = _spec({"databases": {"analyst": ANALYST}})["containers"][0]["lifecycle"][
        "postStart"
    ]["exec"]["command"]
    assert (shell, option) == ("bash", "-c")
    first, _, rest = text.partition("\n")
    assert first == "export WAIT_SECONDS=600 DATABASES_FOLDER=/databases"
    assert rest.strip() == SCRIPT.read_text().strip()


@pytest.mark.parametrize(
    ("databases", "named"),
    [
        ({"mlflow": ANALYST}, "databases.mlflow: that is the first database"),
        ({"Analyst": ANALYST}, "'Analyst' does not match"),
        ({"analyst": {**ANALYST, "existingSecret": ""}}, "/databases/analyst"),
        ({"analyst": {**ANALYST, "password": "x"}}, "/databases/analyst"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(databases: dict[str, Any], named: str) -> None:
    with pytest.raises(HelmRefused) as refused:
        _spec({"databases": databases})
    assert named in str(refused.value)


def test_whoever_bears_the_label_may_connect() -> None:
    found = render("postgresql", release="db")
    server = pod_place(found.one("StatefulSet")["spec"]["template"], "games")
    policies = found.of("NetworkPolicy")
    assert may_reach(policies, Place("games", {"ekiben.io/database-client": "true"}), server, 5432)
    assert not may_reach(policies, Place("shop", {"ekiben.io/database-client": "true"}), server, 5432)


class Server:
    """A PostgreSQL as the image starts it: a superuser with a password, asked for it by everybody."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.databases = folder / "databases"
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = str(found.getsockname()[1])
        self.databases.mkdir()
        (folder / "password").write_text("first")
        folder.chmod(0o755)

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of the server, which refuses to be root."""
        command = [str(BINARIES / program), *arguments]
        user = NOBODY if os.geteuid() == 0 else None
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", user=user, group=user)

    def prepare(self, wait_seconds: int = 60) -> subprocess.CompletedProcess[str]:
        """Run the chart's script."""
        environment = {
            "PATH": f"{BINARIES}:{os.environ['PATH']}",
            "PGPORT": self.port,
            "POSTGRES_USER": "mlflow",
            "POSTGRES_DB": "mlflow",
            "POSTGRES_PASSWORD_FILE": str(self.folder / "password"),
            "DATABASES_FOLDER": str(self.databases),
            "WAIT_SECONDS": str(wait_seconds),
        }
        return subprocess.run(
            ["bash", "-c", SCRIPT.read_text()], env=environment, capture_output=True, text=True, check=False
        )

    def ask(self, user: str, password: str, database: str, query: str) -> str:
        """Return the answer, or what psql complains of."""
        environment = {"PGPASSWORD": password, "PGPORT": self.port, "PGHOST": "127.0.0.1"}
        command = [str(BINARIES / "psql"), "-XAtU", user, "-d", database, "-c", query]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return (done.stdout or done.stderr).strip()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # Not in pytest's own folder, which nobody but its owner may enter.
    with TemporaryDirectory(prefix="ekiben-databases-") as folder:
        made = Server(Path(folder))
        data = made.folder / "data"
        data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(data, NOBODY, NOBODY)
        words = ("--username=mlflow", f"--pwfile={made.folder / 'password'}", "--auth=scram-sha-256")
        made.run("initdb", f"--pgdata={data}", "--no-sync", *words)
        options = f"-p {made.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        log = f"--log={data}/log"
        made.run("pg_ctl", f"--pgdata={data}", "--wait", "--silent", log, f"--options={options}", "start")
        made.ask("mlflow", "first", "postgres", "CREATE DATABASE mlflow")
        try:
            yield made
        finally:
            made.run("pg_ctl", f"--pgdata={data}", "--mode=immediate", "stop")


def test_databases_are_made_and_a_second_start_changes_nothing(server: Server) -> None:
    (server.databases / "analyst").write_text(WORD)
    for _ in range(2):
        done = server.prepare()
        assert (done.returncode, done.stderr) == (0, "")
    assert server.ask(
        "analyst", WORD, "analyst", "CREATE TABLE IF NOT EXISTS prices (close int); TABLE prices"
    ) == ("CREATE TABLE")


def test_a_new_password_holds_from_the_next_start(server: Server) -> None:
    (server.databases / "analyst").write_text("second")
    assert "authentication failed" in server.ask("analyst", "second", "analyst", "SELECT 1")
    assert server.prepare().returncode == 0
    assert server.ask("analyst", "second", "analyst", "SELECT 1") == "1"


def test_each_role_sees_its_own_database_only_and_may_make_no_other(server: Server) -> None:
    (server.databases / "analyst").write_text("third")
    server.prepare()
    assert "permission denied" in server.ask("analyst", "third", "mlflow", "SELECT 1")
    assert "permission denied" in server.ask("analyst", "third", "analyst", "CREATE DATABASE more")
    assert server.ask("mlflow", "first", "mlflow", "SELECT 1") == "1"


def test_without_any_secret_the_server_simply_starts(server: Server, tmp_path: Path) -> None:
    kept, server.databases = server.databases, tmp_path
    try:
        assert server.prepare().returncode == 0
    finally:
        server.databases = kept


def test_a_server_that_never_listens_is_an_error_in_the_end(server: Server) -> None:
    kept, server.port = server.port, "1"
    try:
        done = server.prepare(wait_seconds=0)
    finally:
        server.port = kept
    assert (done.returncode, "takes no connections" in done.stderr) == (1, True)
