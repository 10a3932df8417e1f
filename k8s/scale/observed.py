"""The reconciler's process, seen from outside."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import psutil

from k8s.scale.controlplane import RECONCILER, ControlPlane
from k8s.scale.results import Look, Measurement
from k8s.testcluster import processes
from k8s.testcluster.errors import CommandFailed

END_SECONDS = 20.0


class ObservedReconciler:
    """Looks when it is told to, and is measured meanwhile."""

    def __init__(self, plane: ControlPlane, process: subprocess.Popen[bytes], log: Path) -> None:
        self._plane = plane
        self._process = process
        self._log = log

    def look(self) -> Look:
        """Let it look once. Raises CommandFailed if it has ended instead."""
        requests, answers = _pipes(self._process)
        requests.write(b"look\n")
        requests.flush()
        line = answers.readline()
        if not line:
            code = self._process.wait()
            raise CommandFailed([str(word) for word in _COMMAND], code, processes.tail(self._log))
        return msgspec.json.decode(line, type=Look)

    def measure(self) -> Measurement:
        """Let it look once, and return what that cost everybody. The pages with the API server's counts are
        fetched before and after the CPU times are read: they take some themselves."""
        before = self._plane.counters()
        api, etcd = self._plane.cpu_seconds("api-server"), self._plane.cpu_seconds("etcd")
        look = self.look()
        api_after, etcd_after = self._plane.cpu_seconds("api-server"), self._plane.cpu_seconds("etcd")
        added = self._plane.counters().since(before)
        return Measurement(
            look=look,
            requests=dict(sorted(added.requests.items())),
            response_bytes=added.response_bytes,
            api_cpu_seconds=round(api_after - api, 2),
            etcd_cpu_seconds=round(etcd_after - etcd, 2),
            resident_bytes=psutil.Process(self._process.pid).memory_info().rss,
        )


_COMMAND = (sys.executable, "-m", "k8s.scale.worker")


@contextmanager
def observed_reconciler(
    plane: ControlPlane, home: Path, namespaces: Sequence[str]
) -> Iterator[ObservedReconciler]:
    """Start a reconciler with the registry of a home; end it afterwards."""
    log = plane.folder / "logs" / "reconciler.log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("EKIBEN_")},
        "EKIBEN_HOME": str(home),
        "EKIBEN_PINS": "cluster",
        "EKIBEN_KUBE_CONTEXT": RECONCILER,
        "EKIBEN_NAMESPACES": ",".join(namespaces),
        "KUBECONFIG": str(plane.kubeconfig(RECONCILER)),
    }
    with log.open("wb") as errors:
        process = subprocess.Popen(
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment
        )
    try:
        yield ObservedReconciler(plane, process, log)
    finally:
        _end(process)


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("The process was started without pipes.")
    return process.stdin, process.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in _pipes(process):
        pipe.close()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
