"""Supervision: crashes are mended, failures end it with a reason, stopping leaves nothing."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.training.core.services import BROKEN, DEAF, WEB, make_service, wait_until
from training.core.errors import ServiceFailed
from training.core.process import responds
from training.core.supervisor import StopRequest, Supervisor
from training.core.watchdog import Watchdog, is_alive

SILENT = "import time; time.sleep(600)"


class Scene:
    """A supervisor with what it said."""

    def __init__(self, watchdog: Watchdog) -> None:
        self.said: list[str] = []
        self.stop = StopRequest()
        self.supervisor = Supervisor(watchdog, self.stop, self.said.append, most_crashes=2)

    def tend_until(self, condition: Callable[[], bool]) -> None:
        def look() -> bool:
            self.supervisor.tend()
            return condition()

        wait_until(look)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr("training.core.supervisor.FIRST_PAUSE_SECONDS", 0.05)
    with Watchdog() as watchdog:
        yield Scene(watchdog)


@pytest.fixture
def ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        return first.getsockname()[1], second.getsockname()[1]


def test_services_start_side_by_side_and_stop_together(
    tmp_path: Path, scene: Scene, ports: tuple[int, int]
) -> None:
    services = [make_service(tmp_path, port, name=f"web{port}") for port in ports]
    for service in services:
        scene.supervisor.add(service)
    scene.tend_until(lambda: all(scene.supervisor.is_ready(service.name) for service in services))
    assert all(responds(service.ready_url) for service in services)
    scene.supervisor.stop()
    assert not any(responds(service.ready_url) for service in services)


def test_crashed_service_is_restarted(tmp_path: Path, scene: Scene, ports: tuple[int, int]) -> None:
    scene.supervisor.start(make_service(tmp_path, ports[0]))
    first = scene.supervisor.process_id("web")
    assert first
    os.kill(first, signal.SIGKILL)
    scene.tend_until(lambda: bool(scene.said))
    assert scene.said == ["web ended with exit code -9; restart 1 in 0.05 s"]
    assert not scene.supervisor.is_ready("web")
    assert scene.supervisor.process_id("web") is None
    scene.tend_until(lambda: scene.supervisor.is_ready("web"))
    assert scene.supervisor.process_id("web") != first
    assert scene.said[-1] == "web is ready again"
    scene.supervisor.stop()


def test_service_that_keeps_crashing_is_given_up_with_the_end_of_its_log(
    tmp_path: Path, scene: Scene, ports: tuple[int, int]
) -> None:
    scene.supervisor.start(make_service(tmp_path, ports[0]))

    def crash() -> bool:
        process_id = scene.supervisor.process_id("web")
        if process_id and scene.supervisor.is_ready("web"):
            os.kill(process_id, signal.SIGKILL)
        return False

    with pytest.raises(ServiceFailed, match="web ended with exit code -9") as failure:
        scene.tend_until(crash)
    assert "listening" in str(failure.value)
    assert [line for line in scene.said if "restart" in line] == [
        "web ended with exit code -9; restart 1 in 0.05 s",
        "web ended with exit code -9; restart 2 in 0.1 s",
    ]


def test_crashes_are_forgotten_after_a_steady_time(
    tmp_path: Path, scene: Scene, ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.core.supervisor.STEADY_SECONDS", 0.0)
    scene.supervisor.start(make_service(tmp_path, ports[0]))
    for _ in range(4):
        process_id = scene.supervisor.process_id("web")
        assert process_id
        os.kill(process_id, signal.SIGKILL)
        scene.tend_until(lambda: not scene.supervisor.is_ready("web"))
        scene.tend_until(lambda: scene.supervisor.is_ready("web"))
    assert sum("restart 1 in" in line for line in scene.said) == 4
    scene.supervisor.stop()


def test_service_that_never_starts_is_not_tried_again(
    tmp_path: Path, scene: Scene, ports: tuple[int, int]
) -> None:
    good, bad = make_service(tmp_path, ports[0]), make_service(tmp_path, ports[1], BROKEN, "bad")
    scene.supervisor.start(good)
    with pytest.raises(ServiceFailed, match="bad ended with exit code 3") as failure:
        scene.supervisor.start(bad)
    assert "no model here" in str(failure.value)
    assert str(bad.log_path) in str(failure.value)
    scene.supervisor.stop()
    assert not responds(good.ready_url)


def test_service_that_is_never_ready_fails_after_its_start_time(
    tmp_path: Path, scene: Scene, ports: tuple[int, int]
) -> None:
    service = dataclasses.replace(make_service(tmp_path, ports[0], SILENT), start_seconds=0.3)
    with pytest.raises(ServiceFailed, match=r"web was not ready after 0\.3 s"):
        scene.supervisor.start(service)
    scene.supervisor.stop()


def test_optional_service_that_fails_is_left_out_in_one_sentence(
    tmp_path: Path, scene: Scene, ports: tuple[int, int]
) -> None:
    good = make_service(tmp_path, ports[0])
    bad = dataclasses.replace(make_service(tmp_path, ports[1], BROKEN, "bad"), is_optional=True)
    scene.supervisor.start(good)
    scene.supervisor.start(bad)
    assert scene.said == [f"bad ended with exit code 3 and is left out; {bad.log_path} says more"]
    assert not scene.supervisor.is_kept("bad")
    assert not scene.supervisor.is_ready("bad")
    scene.supervisor.tend()
    assert responds(good.ready_url)
    scene.supervisor.stop()


def test_service_that_is_meant_to_end_has_done_its_work_and_is_not_restarted(
    tmp_path: Path, scene: Scene
) -> None:
    job = dataclasses.replace(make_service(tmp_path, 0, "print('done')", "job"), ends=True)
    scene.supervisor.add(job)
    scene.tend_until(lambda: scene.supervisor.has_done("job"))
    assert not scene.supervisor.is_kept("job")
    assert scene.said == []
    scene.supervisor.add(job)
    assert not scene.supervisor.has_done("job")
    scene.supervisor.stop()


def test_work_that_fails_or_never_ends_is_given_up_at_once(tmp_path: Path, scene: Scene) -> None:
    failing = dataclasses.replace(make_service(tmp_path, 0, BROKEN, "failing"), ends=True, is_optional=True)
    endless = dataclasses.replace(failing, name="endless", command=(sys.executable, "-c", SILENT))
    scene.supervisor.add(failing)
    scene.supervisor.add(dataclasses.replace(endless, start_seconds=0.3))
    scene.tend_until(lambda: len(scene.said) == 2)
    assert not scene.supervisor.has_done("failing")
    assert not scene.supervisor.has_done("endless")
    assert any("endless was not ready after 0.3 s" in sentence for sentence in scene.said)


def test_service_without_an_address_is_ready_as_it_runs(tmp_path: Path, scene: Scene) -> None:
    scene.supervisor.start(dataclasses.replace(make_service(tmp_path, 0, SILENT), ready_url=""))
    process_id = scene.supervisor.process_id("web")
    assert process_id
    scene.supervisor.remove("web")
    scene.supervisor.remove("web")
    assert not scene.supervisor.is_kept("web")
    assert not is_alive(process_id)


def test_replaced_service_runs_the_new_command(tmp_path: Path, scene: Scene, ports: tuple[int, int]) -> None:
    scene.supervisor.start(make_service(tmp_path, ports[0]))
    old = scene.supervisor.process_id("web")
    assert old
    scene.supervisor.replace(make_service(tmp_path, ports[0], "print('new', flush=True)\n" + WEB))
    assert scene.supervisor.process_id("web") != old
    assert not is_alive(old)
    assert "new" in (tmp_path / "logs" / "web.log").read_text()
    scene.supervisor.stop()


def test_replacement_that_fails_leaves_the_old_service_running(
    tmp_path: Path, scene: Scene, ports: tuple[int, int]
) -> None:
    old = make_service(tmp_path, ports[0])
    scene.supervisor.start(old)
    with pytest.raises(ServiceFailed, match="web ended with exit code 3"):
        scene.supervisor.replace(make_service(tmp_path, ports[0], BROKEN))
    assert responds(old.ready_url)
    scene.supervisor.stop()


def test_stop_request_ends_the_wait_for_readiness(
    tmp_path: Path, scene: Scene, ports: tuple[int, int]
) -> None:
    scene.stop.requested = True
    scene.supervisor.start(make_service(tmp_path, ports[0], SILENT))
    scene.supervisor.tend()
    process_id = scene.supervisor.process_id("web")
    assert process_id
    scene.supervisor.stop()
    assert not is_alive(process_id)


def test_second_stop_request_cuts_the_grace(tmp_path: Path, scene: Scene, ports: tuple[int, int]) -> None:
    scene.supervisor.start(make_service(tmp_path, ports[0], DEAF, grace_seconds=3600.0))
    process_id = scene.supervisor.process_id("web")
    assert process_id
    scene.stop.hurried = True
    scene.supervisor.stop()
    assert not is_alive(process_id)


def test_stop_that_was_requested_before_keeps_long_work_from_beginning() -> None:
    stop = StopRequest()
    stop.requested = True
    begun = False
    with pytest.raises(KeyboardInterrupt), stop.interrupting():
        begun = True
    assert not begun


SIGNALLED = """
import sys, time
from training.core import supervisor
supervisor.SAME_REQUEST_SECONDS = float(sys.argv[1])
stop = supervisor.StopRequest()
stop.install()
print("listening", flush=True)
while not stop.requested:
    time.sleep(0.01)
print("requested, hurried:", stop.hurried, flush=True)
stop.requested = False
try:
    with stop.interrupting():
        stop.requested = True
        print("working", flush=True)
        time.sleep(600)
except KeyboardInterrupt:
    print("interrupted, hurried:", stop.hurried, flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(("same_request_seconds", "hurried"), [(0.0, True), (3600.0, False)])
def test_signals_ask_to_stop_and_only_later_ones_to_hurry(
    number: signal.Signals, same_request_seconds: float, hurried: bool
) -> None:
    command = [sys.executable, "-c", SIGNALLED, str(same_request_seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "listening\n"
        process.send_signal(number)
        assert process.stdout.readline() == "requested, hurried: False\n"
        assert process.stdout.readline() == "working\n"
        process.send_signal(number)
        assert process.stdout.readline() == f"interrupted, hurried: {hurried}\n"
        assert process.wait() == 0
