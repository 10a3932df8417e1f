"""Service processes: ready when they say so, gone with everything they started."""

import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.unit.training.core.services import BROKEN, DEAF, WITH_GRANDCHILD, make_service, wait_until
from training.core.process import LOG_LIMIT_BYTES, ServiceProcess, responds
from training.core.watchdog import Watchdog


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
        return number


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    with Watchdog() as watchdog:
        yield watchdog


def test_service_is_ready_once_its_url_answers(tmp_path: Path, port: int, watchdog: Watchdog) -> None:
    process = ServiceProcess(make_service(tmp_path, port), watchdog)
    wait_until(process.is_ready)
    process.kill()
    assert not process.is_ready()
    assert not responds(process.service.ready_url)


def test_grandchildren_end_with_the_service(tmp_path: Path, port: int, watchdog: Watchdog) -> None:
    process = ServiceProcess(make_service(tmp_path, port, WITH_GRANDCHILD), watchdog)
    wait_until(process.is_ready)
    grandchild = int(process.log_tail().split()[0])
    process.terminate()
    wait_until(lambda: not process.is_ending())
    process.kill()
    assert not _runs(grandchild)


def test_service_that_ignores_sigterm_is_killed_after_its_grace(
    tmp_path: Path, port: int, watchdog: Watchdog
) -> None:
    process = ServiceProcess(make_service(tmp_path, port, DEAF, grace_seconds=0.3), watchdog)
    wait_until(process.is_ready)
    process.terminate()
    assert process.is_ending()
    wait_until(lambda: not process.is_ending())
    assert process.exit_code is None
    process.kill()
    assert process.exit_code == -9


def test_log_tail_shows_this_start_only(tmp_path: Path, port: int, watchdog: Watchdog) -> None:
    service = make_service(tmp_path, port, BROKEN)
    service.log_path.parent.mkdir()
    service.log_path.write_text("an earlier start\n")
    process = ServiceProcess(service, watchdog)
    wait_until(lambda: process.exit_code is not None)
    process.kill()
    assert process.exit_code == 3
    assert process.log_tail() == "no model here"
    assert service.log_path.read_text() == "an earlier start\nno model here\n"


def test_large_log_is_put_aside(tmp_path: Path, port: int, watchdog: Watchdog) -> None:
    service = make_service(tmp_path, port, BROKEN)
    service.log_path.parent.mkdir()
    service.log_path.write_bytes(b"x" * (LOG_LIMIT_BYTES + 1))
    process = ServiceProcess(service, watchdog)
    wait_until(lambda: process.exit_code is not None)
    process.kill()
    assert service.log_path.read_text() == "no model here\n"
    assert (service.log_path.parent / "web.log.1").stat().st_size == LOG_LIMIT_BYTES + 1


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
