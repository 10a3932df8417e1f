"""The table of what an answer costs."""

import json
from collections.abc import Iterator

import pytest
import structlog

from bentos.battle.api import BattleRequest
from loadtests.benchmarks.budget import (
    Budget,
    Whole,
    draw_battles,
    main,
    make_table,
    measure,
    to_http,
    unheard_logs,
)
from loadtests.benchmarks.parts import Cost
from tests.support.battle_package import make_battle_package
from tests.support.logs import kept_logs
from tests.unit.loadtests.benchmarks.test_parts import tiny_model


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    with kept_logs():
        yield


def test_request_is_whole() -> None:
    head, _, body = to_http(BattleRequest(25, 6)).partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/predict/battle HTTP/1.1\r\n")
    assert b"Content-Length: %d" % len(body) in head
    assert json.loads(body)["pokemon_1_id"] == 25


def test_battles_are_the_same_each_time_and_differ_among_themselves() -> None:
    assert draw_battles(20) == draw_battles(20)
    assert len({(one.pokemon_1_id, one.pokemon_2_id) for one in draw_battles(20)}) > 15
    assert any(one.pokemon_1_moves for one in draw_battles(20))
    assert not any(one.pokemon_1_moves for one in draw_battles(20, with_moves=False))


def test_table_sets_the_sum_of_the_parts_against_the_whole() -> None:
    table = make_table(Budget([Cost("one", 3e-6), Cost("two", 4.5e-6)], Whole(20e-6, 30e-6)))
    assert "| one | 3.00 |" in table
    assert "| **sum of the parts** | 7.50 |" in table
    assert "| sockets, the event loop and reading HTTP | 22.50 |" in table
    assert "| **beyond the no-op** | 10.00 |" in table
    assert table.endswith("Of the no-op's rate on one core: 0.67.\n")


def test_answers_of_a_model_are_measured() -> None:
    budget = measure(tiny_model(), draw_battles(20), rounds=1, windows=2)
    assert budget.whole.nothing > 0
    assert budget.whole.battle > 0
    assert len(budget.parts) == 14


def test_command_measures_the_model_that_the_settings_name(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("package")
    pin = make_battle_package(folder)
    monkeypatch.setenv("EKIBEN_MODEL_SOURCE", "registry")
    for name in ("uri", "version", "digest", "public_key"):
        monkeypatch.setenv(f"EKIBEN_MODEL_{name.upper()}", getattr(pin, name))
    output = folder / "table.md"
    assert main(["--rounds", "1", "--windows", "2", "--output", str(output)]) == 0
    assert "| engine |" in output.read_text()


def test_logs_are_heard_again_after_measuring(capsys: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger("test")
    with unheard_logs():
        log.info("nobody hears this")
    log.info("everybody hears this")
    shown = capsys.readouterr().out
    assert "everybody hears this" in shown
    assert "nobody" not in shown
