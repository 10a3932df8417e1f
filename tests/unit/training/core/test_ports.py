"""Ports: who has them is said, and free ones are not refused."""

import os
import socket
from collections.abc import Iterator

import pytest

from training.core.errors import PortTaken
from training.core.ports import find_holder, is_free, require_free_port

HOST = "127.0.0.1"


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


def test_taken_port_is_refused_with_its_holder_and_the_setting_to_change(taken_port: int) -> None:
    with pytest.raises(PortTaken) as refusal:
        require_free_port(HOST, taken_port, "battle", "EKIBEN_SERVER_PORT")
    message = str(refusal.value)
    assert f"Port {taken_port} (battle) is taken by" in message
    assert f"(pid {os.getpid()})" in message
    assert f"EKIBEN_SERVER_PORT={taken_port + 1}" in message


def test_port_is_free_again_after_its_server_closed(taken_port: int) -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((HOST, port)):
            server.accept()[0].close()
    require_free_port(HOST, port, "battle", "EKIBEN_SERVER_PORT")
    assert not is_free(HOST, taken_port)


def test_free_port_has_no_holder() -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
    assert find_holder(port) is None


def test_holder_unknown_to_the_system_is_left_out_of_the_message() -> None:
    assert "is taken. Stop that" in str(PortTaken(5000, "MLflow", "EKIBEN_MLFLOW_PORT", None))
