"""The throw-away control plane stays on loopback, and out of the way of every other one."""

from pathlib import Path

from k8s.scale import programs
from k8s.scale.programs import HOST, Ports

BIN, PKI, FILE = Path("/bin"), Path("/pki"), Path("/own")
PORTS = Ports(1, 2, 3)


def test_free_ports_differ() -> None:
    found = Ports.free()
    assert len({found.api, found.etcd, found.etcd_peers}) == 3


def test_everything_that_listens_does_so_on_loopback_and_a_free_port() -> None:
    etcd = programs.etcd(PORTS, Path("/data"), PKI)
    assert [word for word in etcd if "listen" in word] == [
        f"--listen-client-urls=https://{HOST}:2",
        f"--listen-peer-urls=http://{HOST}:3",
    ]
    api = programs.api_server(PORTS, BIN, PKI)
    assert {f"--bind-address={HOST}", "--secure-port=1", f"--etcd-servers=https://{HOST}:2"} < set(api)
    for command in (programs.controller_manager(BIN, FILE), programs.scheduler(BIN, FILE)):
        assert "--secure-port=0" in command
    assert PORTS.server == f"https://{HOST}:1"


def test_every_program_dies_with_whoever_started_it() -> None:
    commands = [
        programs.etcd(PORTS, Path("/data"), PKI),
        programs.api_server(PORTS, BIN, PKI),
        programs.controller_manager(BIN, FILE),
        programs.scheduler(BIN, FILE),
        programs.kwok(BIN, FILE, FILE),
    ]
    assert all(command[:3] == ["setpriv", "--pdeathsig", "KILL"] for command in commands)
