"""The reconciler's port, over the wire."""

import http.client
import socket

import pytest
from prometheus_client import CollectorRegistry

from bentos.core.errors import SettingsError
from training.rollout.probes import serving_probes


def ask(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_probes_say_what_they_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    states = {"alive": True, "ready": False}
    asked = (lambda: states["alive"], lambda: states["ready"])
    with serving_probes("127.0.0.1", 0, CollectorRegistry(), *asked) as port:
        assert ask(port, "/livez") == (200, "ok\n")
        assert ask(port, "/readyz") == (503, "not ok\n")
        states.update(alive=False, ready=True)
        assert ask(port, "/livez")[0] == 503
        assert ask(port, "/readyz")[0] == 200
        assert ask(port, "/metrics") == (200, "")
        assert ask(port, "/elsewhere")[0] == 404
    assert capfd.readouterr().err == "", "probes are not worth a line"


def test_empty_host_is_every_address() -> None:
    with serving_probes("", 0, CollectorRegistry(), lambda: True, lambda: True) as port:
        assert ask(port, "/livez")[0] == 200
        if socket.has_dualstack_ipv6():
            assert ask(port, "/livez", "::1")[0] == 200


def test_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(SettingsError, match=f"port {port}"),
            serving_probes("127.0.0.1", port, CollectorRegistry(), lambda: True, lambda: True),
        ):
            pass
