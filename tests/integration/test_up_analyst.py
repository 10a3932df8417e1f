"""The analyst under `ekiben up`: the real processes beside a stand-in for battle, without any network.

Its prompts were judged before, so that the training under `up` finds nothing new.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest

from bentos.analyst.storage.prices import PriceStore
from bentos.core.database import open_engine
from bentos.core.migrate import upgrade
from bentos.core.settings import DatabaseSettings
from tests.support.homes import make_bench, quiet
from tests.support.judged_prompts import good_model, judged_by
from tests.support.price_walks import walk
from tests.unit.training.cli.small_stack import pinned
from training.analyst.pipeline import AnalystPipeline
from training.cli.up import MODEL as BATTLE
from training.core import lifecycle
from training.core.pins import write_pin

ROOT = Path(__file__).parents[2]
LONGEST_WAIT_SECONDS = 300.0
OFFLINE = {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1"}


class Stack:
    """One `ekiben up`; what it says is in `output`."""

    def __init__(self, home: Path) -> None:
        self._log = home.with_suffix(".log")
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
            self.port, self.analyst_port = one.getsockname()[1], two.getsockname()[1]
        command = ["tests.unit.training.cli.small_stack", str(home), str(self.port), str(self.analyst_port)]
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, **OFFLINE, "EKIBEN_DATABASE_URL": _database(home), "COLUMNS": "1000"},
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    def wait_for(self, sentence: str) -> None:
        self.wait_until(lambda: sentence in self.output)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while not condition():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def ask(self, path: str) -> Any:
        with urlopen(f"http://127.0.0.1:{self.analyst_port}{path}", timeout=30) as answer:
            return json.loads(answer.read())


def _database(home: Path) -> str:
    return f"sqlite:///{home / 'prices.db'}"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("up") / "home"
    with good_model() as llm, judged_by(llm):
        done = lifecycle.train(make_bench(home, promotion="auto"), AnalystPipeline(), quiet)
    assert done.promoted, done.version.verdict
    write_pin(home, BATTLE, pinned("1"))
    _store_prices(home)
    stack = Stack(home)
    yield stack
    if stack.process.poll() is None:
        stack.process.send_signal(signal.SIGINT)
        stack.process.wait(60)


def _store_prices(home: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EKIBEN_DATABASE_URL", _database(home))
        upgrade()
        settings = DatabaseSettings()

    async def store() -> None:
        engine = open_engine(settings)
        try:
            await PriceStore(engine).upsert(walk(3, closes=200, drift=0.002, source="history:test"))
        finally:
            await engine.dispose()

    asyncio.run(store())


def test_analyst_answers_in_both_languages_once_battle_does(stack: Stack) -> None:
    stack.wait_for("analyst version 1 answers on")
    said = stack.output
    assert said.index("battle version 1 answers") < said.index("Ctrl-C stops everything")
    assert said.index("Ctrl-C stops everything") < said.index("the analyst comes next")
    english, french = (stack.ask(f"/price-analysis?limit=24&lang={language}") for language in ("en", "fr"))
    assert (english["language"], french["language"]) == ("en", "fr")
    assert english["historical"] is True
    assert english["prompt_version"] == "v1"
    assert english["window"] == 24


def test_embedded_model_writes_texts_and_stops_nobody_when_it_is_killed(stack: Stack) -> None:
    stack.wait_for("analyst version 1 answers on")
    stack.wait_until(lambda: stack.ask("/price-analysis?limit=24")["model"] != "")
    model = next(child for child in stack.children() if "bentos.analyst.llm" in child.cmdline())
    model.kill()
    stack.wait_for("analyst's language model ended with exit code -9; restart 1")
    assert stack.ask("/price-analysis?limit=30")["source"] in ("fallback", "stored", "llm")
    with urlopen(f"http://127.0.0.1:{stack.port}/version", timeout=5) as answer:
        assert answer.read() == b"1"


def test_end_leaves_nothing_running(stack: Stack) -> None:
    stack.wait_for("analyst version 1 answers on")
    children = stack.children()
    stack.process.send_signal(signal.SIGINT)
    assert stack.process.wait(60) == 0
    assert [child for child in children if child.is_running()] == []
