"""The analyst beside battle: it comes when it can, follows its pin, and takes nothing along when it fails."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.training.cli.small_stack import ANSWERING, pinned
from tests.unit.training.core.services import BROKEN, make_service, wait_until
from training.analyst.local import COLLECTOR, LLM, MODEL, TRAINING
from training.cli import beside
from training.cli.beside import AnalystBeside
from training.core.pins import Rollout, write_pin
from training.core.process import Service, responds
from training.core.settings import TrainingSettings
from training.core.supervisor import StopRequest, Supervisor
from training.core.watchdog import Watchdog

SILENT = "import time; time.sleep(600)"
BATTLE = "battle"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Scene:
    """Battle runs; the analyst's processes are small programs. The version `broken` does not start, one with
    the digest `altered` does not load."""

    def __init__(self, home: Path, watchdog: Watchdog) -> None:
        self.home = home
        self.said: list[str] = []
        self.training = "print('nothing new')"
        self.llm = SILENT
        self.port = free_port()
        self.supervisor = Supervisor(watchdog, StopRequest(), self.said.append)
        self.battle = make_service(home, free_port(), name=BATTLE)
        self.supervisor.start(self.battle)

    def begin(self) -> None:
        self.beside = AnalystBeside(
            TrainingSettings(home=self.home), self.supervisor, self.port, self.said.append
        )

    def until(self, condition: Callable[[], bool]) -> None:
        def look() -> bool:
            self.supervisor.tend()
            self.beside.look()
            return condition()

        wait_until(look)

    def has_said(self, words: str) -> bool:
        return any(words in sentence for sentence in self.said)

    def program(self, name: str, program: str) -> Service:
        service = make_service(self.home, 0, program, name)
        return replace(service, ready_url="", is_optional=True, ends=name == TRAINING)

    def analyst(self, settings: TrainingSettings, rollout: Rollout, port: int, llm_port: int) -> Service:
        program = BROKEN if rollout.version == "broken" else ANSWERING
        service = make_service(self.home, port, program, MODEL, arguments=(rollout.version,))
        return replace(service, is_optional=True)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with Watchdog() as watchdog:
        scene = Scene(tmp_path, watchdog)
        monkeypatch.setattr(beside, "collector_service", lambda _: scene.program(COLLECTOR, SILENT))
        monkeypatch.setattr(beside, "training_service", lambda _: scene.program(TRAINING, scene.training))
        monkeypatch.setattr(
            beside, "language_model_service", lambda _settings, _port: scene.program(LLM, scene.llm)
        )
        monkeypatch.setattr(beside, "analyst_service", scene.analyst)
        monkeypatch.setattr(
            beside,
            "explain_refusal",
            lambda _, rollout: "system.en.txt was altered" if rollout.digest == "altered" else None,
        )
        yield scene
        assert responds(scene.battle.ready_url)
        scene.supervisor.stop()


def test_pinned_prompts_are_served_and_two_questions_shown(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pin(scene.home, MODEL, pinned("4"))
    scene.begin()
    scene.until(lambda: scene.has_said(f"analyst version 4 answers on http://127.0.0.1:{scene.port}"))
    shown = capsys.readouterr().out.splitlines()
    assert shown == [
        f"curl -s 'http://127.0.0.1:{scene.port}/price-analysis?limit=24'",
        "4",
        f"curl -s 'http://127.0.0.1:{scene.port}/price-analysis?limit=24&lang=fr'",
        "4",
    ]
    assert all(scene.supervisor.is_kept(name) for name in (BATTLE, COLLECTOR, LLM, MODEL))


def test_analyst_without_prices_says_where_to_look(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(beside, "ask_page", lambda base, path: "")
    write_pin(scene.home, MODEL, pinned("4"))
    scene.begin()
    scene.until(lambda: scene.has_said("it does not explain prices yet; if that goes on, "))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_nothing_is_served_before_the_training_has_ended(scene: Scene) -> None:
    write_pin(scene.home, MODEL, pinned("4"))
    scene.training = SILENT
    scene.begin()
    scene.until(lambda: scene.supervisor.is_ready(COLLECTOR))
    for _ in range(5):
        scene.supervisor.tend()
        scene.beside.look()
    assert not scene.supervisor.is_kept(MODEL)


def test_without_a_champion_the_analyst_is_left_out(scene: Scene) -> None:
    scene.training = BROKEN
    scene.begin()
    scene.until(lambda: scene.has_said("the analyst is left out, battle goes on: it has no champion"))
    assert scene.has_said("analyst's training ended with exit code 3 and is left out")
    assert not scene.supervisor.is_kept(MODEL)


def test_training_that_fails_leaves_the_champion_in_service(scene: Scene) -> None:
    write_pin(scene.home, MODEL, pinned("4"))
    scene.training = BROKEN
    scene.begin()
    scene.until(lambda: scene.has_said("analyst version 4 answers"))


def test_language_model_that_fails_leaves_the_analyst_running(scene: Scene) -> None:
    write_pin(scene.home, MODEL, pinned("4"))
    scene.llm = BROKEN
    scene.begin()
    scene.until(lambda: scene.has_said("analyst version 4 answers"))
    assert scene.supervisor.is_kept(MODEL)


def test_analyst_that_does_not_start_is_left_out(scene: Scene) -> None:
    write_pin(scene.home, MODEL, pinned("broken"))
    scene.begin()
    scene.until(lambda: scene.has_said("analyst ended with exit code 3 and is left out"))
    scene.beside.look()
    assert not scene.supervisor.is_kept(MODEL)


def test_taken_port_is_said_and_nothing_started(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", scene.port)):
        scene.begin()
        scene.beside.look()
        scene.beside.look()
    assert len(scene.said) == 1
    assert scene.said[0].startswith(
        f"the analyst is left out, battle goes on: Port {scene.port} (analyst) is taken"
    )
    assert not scene.supervisor.is_kept(COLLECTOR)


def test_new_pin_is_served_and_one_that_does_not_load_is_refused(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pin(scene.home, MODEL, pinned("4"))
    scene.begin()
    scene.until(lambda: scene.has_said("analyst version 4 answers"))
    write_pin(scene.home, MODEL, pinned("5", digest="altered"))
    scene.until(lambda: scene.has_said("analyst version 5 is refused, version 4 goes on: system.en.txt was"))
    assert scene.supervisor.is_kept(MODEL)
    write_pin(scene.home, MODEL, pinned("6"))
    scene.until(lambda: scene.has_said("analyst version 6 answers"))
    assert capsys.readouterr().out.endswith("\n6\n")


def test_new_pin_that_does_not_start_gives_way_to_the_version_before(scene: Scene) -> None:
    write_pin(scene.home, MODEL, pinned("4"))
    scene.begin()
    scene.until(lambda: scene.has_said("analyst version 4 answers"))
    scene.said.clear()
    write_pin(scene.home, MODEL, pinned("broken"))
    scene.until(lambda: scene.has_said("analyst version 4 answers"))
    assert scene.has_said("analyst ended with exit code 3")
