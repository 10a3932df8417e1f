"""Load tests as people start them: real Locust against a real service, and what the exit code says."""

import csv
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from loadtests.results import ALL_REQUESTS, read_results
from tests.support.battle_package import VERSION, make_battle_package
from tests.support.lying_proxy import LIE_ABOUT, lying_proxy
from tests.support.serving import ROOT, serving

KEY = "a key for load tests"
NAMES = (
    "/api/v1/predict/battle",
    "/api/v1/predict/battles",
    "/api/v1/pokemon",
    "/api/v1/pokemon/{id}",
    "/api/v1/pokemon/{id}/counters",
    ALL_REQUESTS,
)
SMALL = ("--users", "4", "--duration-seconds", "3", "--requests-per-second-per-user", "20")
LONG_SECONDS = 120.0


class Run(NamedTuple):
    """A finished load test."""

    code: int
    text: str
    folder: Path


class Runs(NamedTuple):
    """Load tests that are made at the same time: most of their time is waiting."""

    sound: Future[Run]
    missed: Future[Run]
    lied_to: Future[Run]
    """Distributed, and collected through its log."""
    keyless: Future[Run]


class Starter(NamedTuple):
    """Starts load tests, with the environment as it was before any thread could see it change."""

    environment: dict[str, str]

    def start(self, *arguments: str, key: str = KEY) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "loadtests.run", *arguments],
            cwd=ROOT,
            env={**self.environment, "EKIBEN_LOAD_API_KEY": key, "EKIBEN_LOAD_MODEL_VERSIONS": VERSION},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def load(self, folder: Path, host: str, marks: Path, *arguments: str, key: str = KEY) -> Run:
        given = ("--host", host, "--output", str(folder), "--thresholds", str(marks))
        return _finish(self.start(*given, *SMALL, *arguments, key=key), folder)

    def distributed(self, folder: Path, host: str, marks: Path, port: int) -> Run:
        worker = self.start("--worker-of", "127.0.0.1", "--master-port", str(port))
        settings = ("--expect-workers", "1", "--master-port", str(port), "--print-report")
        master = self.load(folder, host, marks, *settings)
        worked = _finish(worker, folder)
        assert worked.code == 0, worked.text
        return master


def _write_marks(path: Path, minimum_requests_per_second: float) -> Path:
    marks = {
        "p95_milliseconds": 30_000,
        "p99_milliseconds": 30_000,
        "failure_ratio": 0,
        "minimum_requests_per_second": minimum_requests_per_second,
    }
    path.write_text(yaml.safe_dump({"steady": dict.fromkeys(NAMES, marks)}))
    return path


def _finish(process: subprocess.Popen[str], folder: Path) -> Run:
    try:
        text, _ = process.communicate(timeout=LONG_SECONDS)
    finally:
        process.kill()
        process.wait()
    return Run(process.returncode, text, folder)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("loadtests")
    generous = _write_marks(folder / "generous.yaml", 0.1)
    impossible = _write_marks(folder / "impossible.yaml", 1e6)
    package = make_battle_package(folder)
    keys = {"EKIBEN_AUTH_KEY_DIGESTS": sha256(KEY.encode()).hexdigest()}
    with ExitStack() as stack:
        service = stack.enter_context(serving({**package.environment(), **keys}, "battle"))
        host = f"http://127.0.0.1:{service.port}"
        liar = f"http://127.0.0.1:{stack.enter_context(lying_proxy(service.port))}"
        starter = Starter(dict(os.environ))
        pool = stack.enter_context(ThreadPoolExecutor())
        yield Runs(
            sound=pool.submit(starter.load, folder / "sound", host, generous),
            missed=pool.submit(starter.load, folder / "missed", host, impossible),
            lied_to=pool.submit(starter.distributed, folder / "lied_to", liar, generous, _free_port()),
            keyless=pool.submit(starter.load, folder / "keyless", host, generous, key=""),
        )


def test_a_sound_service_passes_and_every_kind_of_request_was_made(runs: Runs) -> None:
    run = runs.sound.result()
    assert run.code == 0, run.text
    assert "all 24 marks reached" in run.text
    measured = {result.name: result for result in read_results(run.folder).requests}
    assert measured.keys() == set(NAMES)
    assert all(result.requests > 0 and result.failures == 0 for result in measured.values())
    assert measured[ALL_REQUESTS].requests == sum(measured[name].requests for name in NAMES[:-1])


def test_reports_are_whole(runs: Runs) -> None:
    folder = runs.sound.result().folder
    assert "Locust" in (folder / "report.html").read_text()
    assert (folder / "latency.png").read_bytes().startswith(b"\x89PNG")
    assert "marks reached" in (folder / "verdict.txt").read_text()
    with (folder / "locust_stats.csv").open() as file:
        counted = {row["Name"]: int(row["Request Count"]) for row in csv.DictReader(file)}
    expected = {result.name: result.requests for result in read_results(folder).requests}
    expected["Aggregated"] = expected.pop(ALL_REQUESTS)
    assert counted == expected


def test_a_service_that_answers_wrongly_fails_for_what_is_wrong(runs: Runs) -> None:
    run = runs.lied_to.result()
    assert run.code == 3, run.text
    assert f"× {LIE_ABOUT}: the probabilities do not add up to 1" in run.text
    measured = {result.name: result for result in read_results(run.folder).requests}
    assert {name for name, result in measured.items() if result.failures} == {LIE_ABOUT, ALL_REQUESTS}
    assert measured[LIE_ABOUT].failure_ratio == 1.0


def test_a_missed_mark_fails_a_service_that_answers_well(runs: Runs) -> None:
    run = runs.missed.result()
    assert run.code == 3, run.text
    assert "6 of 24 pass marks missed" in run.text
    assert all(result.failures == 0 for result in read_results(run.folder).requests)


def test_a_distributed_run_hands_its_report_over_through_the_log(runs: Runs, tmp_path: Path) -> None:
    run = runs.lied_to.result()
    collected = subprocess.run(
        [sys.executable, "-m", "loadtests.collect", str(tmp_path / "report")],
        cwd=ROOT,
        input=run.text,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "2 of 24 pass marks missed" in collected.stdout
    names = {path.name for path in run.folder.iterdir()}
    assert names >= {"report.html", "results.json", "latency.png", "verdict.txt"}
    for name in names:
        assert (tmp_path / "report" / name).read_bytes() == (run.folder / name).read_bytes()


def test_without_its_key_a_service_gets_no_load(runs: Runs) -> None:
    run = runs.keyless.result()
    assert run.code == 7
    assert "EKIBEN_LOAD_API_KEY" in run.text
    assert not run.folder.exists()
