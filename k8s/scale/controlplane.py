"""A control plane for an hour: etcd, API server, controllers, scheduler and kwok, in a folder of its own."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import urllib3
import yaml

from k8s.scale import programs
from k8s.scale.counters import Counters, read_counters
from k8s.scale.programs import HOST, Ports
from k8s.testcluster import certificates, processes
from k8s.testcluster.commands import wait_until
from k8s.testcluster.processes import Identity
from training.rollout.api import Api

READY_SECONDS = 90.0
GRACE_SECONDS = 10.0
ADMINISTRATOR = "administrator"
RECONCILER = "reconciler"
_NOT_FAKED = ("etcd", "api-server")
_ENVIRONMENT = {"KUBE_FEATURE_WatchListClient": "false"}
"""Debian's etcd is too old for lists that are streamed, and a client that tries them first is slow."""
_RETRY = urllib3.Retry(0)
_ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """What runs. `etcd` and `api` can be looked at; the rest can be held still."""

    folder: Path
    ports: Ports
    running: dict[str, Identity]

    def kubeconfig(self, user: str) -> Path:
        """Return the file with which a user signs in; the context has the user's name."""
        return self.folder / f"{user}.kubeconfig"

    def connect(self) -> Api:
        """Return a client for the administrator."""
        from kubernetes import config
        from kubernetes.client.configuration import Configuration

        load: Any = config
        make_configuration: Any = Configuration
        configuration = make_configuration()
        file = str(self.kubeconfig(ADMINISTRATOR))
        load.load_kube_config(file, context=ADMINISTRATOR, client_configuration=configuration)
        return Api(configuration, "default")

    def hold(self) -> None:
        """Stop the clocks of everybody but etcd and the API server: what these do now, they do for us."""
        self._signal(signal.SIGSTOP)

    def release(self) -> None:
        """Let everybody go on."""
        self._signal(signal.SIGCONT)

    def cpu_seconds(self, program: str) -> float:
        """Return how much CPU time a program has used since it started."""
        used = psutil.Process(self.running[program].pid).cpu_times()
        return used.user + used.system

    def counters(self) -> Counters:
        """Return what the API server has counted so far."""
        return read_counters(self._ask("/metrics"))

    def is_ready(self) -> bool:
        """Return whether the API server takes requests."""
        try:
            return self._ask("/readyz") == "ok"
        except urllib3.exceptions.HTTPError:
            return False

    def _signal(self, number: signal.Signals) -> None:
        for name, identity in self.running.items():
            if name not in _NOT_FAKED:
                identity.send(number)

    def _ask(self, path: str) -> str:
        own = self.folder / "pki" / ADMINISTRATOR
        with urllib3.PoolManager(
            cert_file=f"{own}.crt", key_file=f"{own}.key", ca_certs=str(own.with_name("ca.crt"))
        ) as pool:
            answer = pool.request(
                "GET", f"{self.ports.server}{path}", retries=_RETRY, timeout=_ANSWER_SECONDS
            )
            return answer.data.decode()


@contextmanager
def control_plane(bin_folder: Path) -> Iterator[ControlPlane]:
    """Start everything; end and remove all of it afterwards. Raises NotReady."""
    folder = Path(tempfile.mkdtemp(prefix="ekiben-scale-"))
    plane = ControlPlane(folder, Ports.free(), {})
    try:
        _start(plane, bin_folder)
        yield plane
    finally:
        plane.release()
        for names in (plane.running.keys() - set(_NOT_FAKED), ("api-server",), ("etcd",)):
            processes.end([plane.running[name] for name in names if name in plane.running], GRACE_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _start(plane: ControlPlane, bin_folder: Path) -> None:
    pki, own = plane.folder / "pki", plane.kubeconfig(ADMINISTRATOR)
    _write_credentials(plane, pki)
    fakes = plane.folder / "kwok.yaml"
    fakes.touch()
    _run(plane, "etcd", programs.etcd(plane.ports, plane.folder / "etcd", pki))
    _run(plane, "api-server", programs.api_server(plane.ports, bin_folder, pki))
    wait_until(plane.is_ready, f"the API server at {plane.ports.server} ready", READY_SECONDS)
    _run(plane, "controller-manager", programs.controller_manager(bin_folder, own))
    _run(plane, "scheduler", programs.scheduler(bin_folder, own))
    _run(plane, "kwok", programs.kwok(bin_folder, own, fakes))


def _run(plane: ControlPlane, name: str, command: list[str]) -> None:
    log = plane.folder / "logs" / f"{name}.log"
    plane.running[name] = processes.start(name, command, plane.folder / "run", log, _ENVIRONMENT)


def _write_credentials(plane: ControlPlane, pki: Path) -> None:
    authority = certificates.Authority(pki, "ekiben-scale")
    authority.issue("server", "server", (), (HOST, "localhost"))
    authority.issue(ADMINISTRATOR, ADMINISTRATOR, ("system:masters",))
    authority.issue(RECONCILER, RECONCILER)
    certificates.write_key_pair(pki / "service-accounts.key", pki / "service-accounts.pub")
    for user in (ADMINISTRATOR, RECONCILER):
        content = kubeconfig(plane.ports.server, pki, user)
        plane.kubeconfig(user).write_text(yaml.safe_dump(content))


def kubeconfig(server: str, pki: Path, user: str) -> dict[str, Any]:
    """Return a kubeconfig that names the user's certificate; its context has the user's name."""
    certificate = {"client-certificate": f"{pki}/{user}.crt", "client-key": f"{pki}/{user}.key"}
    cluster = {"server": server, "certificate-authority": f"{pki}/ca.crt"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": user, "cluster": cluster}],
        "users": [{"name": user, "user": certificate}],
        "contexts": [{"name": user, "context": {"cluster": user, "user": user}}],
        "current-context": user,
    }
