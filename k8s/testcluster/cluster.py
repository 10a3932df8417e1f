"""The cluster as a whole: started, stopped, described."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from k8s.testcluster import (
    addons,
    controlplane,
    docker,
    images,
    keda,
    network,
    node,
    packages,
    processes,
    runtime,
    teardown,
    tools,
    volumes,
)
from k8s.testcluster.addresses import API_PORT, NODE_ADDRESS
from k8s.testcluster.commands import say, step
from k8s.testcluster.errors import ClusterError, MachineUnsuitable, NotStarted
from k8s.testcluster.kubectl import Kubectl
from k8s.testcluster.paths import Paths

PROCESSES = ("etcd", "api-server", "containerd", "controller-manager", "scheduler", "kubelet", "proxy")
_COMPLETE = "complete"
"""Name of a file that is written when everything was ready once."""


@contextmanager
def locked(paths: Paths) -> Iterator[None]:
    """Let one command at a time change something; a second one waits."""
    paths.cache.mkdir(parents=True, exist_ok=True)
    with paths.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another command changes the cluster; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_up(paths: Paths) -> bool:
    """Return whether the cluster was started to the end, all its processes run and its node is ready."""
    complete = (paths.state / _COMPLETE).exists()
    return complete and set(PROCESSES) <= processes.running(paths.run).keys() and node.is_ready(paths)


def up(paths: Paths) -> None:
    """Start the cluster, or say that it is up; whatever is left of an earlier one is removed first."""
    with locked(paths):
        if is_up(paths):
            renewed = volumes.renew(Kubectl.of(paths), paths.volumes, volumes.make_empty)
            addons.wait(Kubectl.of(paths))
            say(f"the cluster is up; {len(renewed)} volumes were emptied and offered again")
            return
        with step("the cluster is up"):
            _prepare(paths)
            with step("removed what was left of an earlier cluster"):
                teardown.remove_all(paths)
            require_free_address()
            try:
                _start(paths)
            except ClusterError as error:
                raise _explained(paths, error) from error


def _prepare(paths: Paths) -> None:
    """Get everything that the cluster is made of."""
    require_root()
    packages.install(packages.NEEDED)
    tools.build(paths, tools.select(tools.CLUSTER_GROUPS))
    keda.release_manifests(paths)
    for image in images.own_images(paths):
        images.tar_of(paths, image)


def require_root() -> None:
    """Raise MachineUnsuitable for anybody but root: containers, links and mounts need it."""
    if os.geteuid() != 0:
        raise MachineUnsuitable("only root may make containers and network links", "Try again with sudo.")


def require_free_address() -> None:
    """Raise MachineUnsuitable if an API server holds the address of ours: it belongs to another cache.

    Binding tells, connecting does not: where a gateway answers for every address, it proves nothing.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((NODE_ADDRESS, API_PORT))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                lacks = f"{NODE_ADDRESS}:{API_PORT} is taken by another test cluster"
                raise MachineUnsuitable(lacks, "Stop that one first, with its own XDG_CACHE_HOME.") from error


def _start(paths: Paths) -> None:
    with ThreadPoolExecutor(1) as pool:
        with step("made the network and certificates; etcd and the API server start"):
            network.set_up()
            controlplane.write_credentials(paths)
            controlplane.start_api(paths)
        runtime = pool.submit(_start_runtime, paths)
        with step("the API server is ready"):
            controlplane.wait_for_api(paths)
            controlplane.start_controllers(paths)
        with step("applied the add-ons and volumes"):
            addons.install(Kubectl.of(paths), paths, images.own_images(paths))
            volumes.make(Kubectl.of(paths), paths.volumes, volumes.make_empty, volumes.names())
        runtime.result()
    with step("the node is ready"):
        node.start_node(paths)
        node.wait_for_node(paths)
    with step("DNS, metrics-server, Prometheus, Alertmanager and KEDA answer"):
        addons.wait(Kubectl.of(paths))
    (paths.state / _COMPLETE).touch()


def _start_runtime(paths: Paths) -> None:
    """Start the container runtime and fill it, while the API server starts."""
    with step("containerd has the images of the add-ons"):
        runtime.start(paths)
        images.import_own(paths)


def _explained(paths: Paths, error: ClusterError) -> ClusterError:
    """Return an error that also names the processes that have ended, with the end of their logs."""
    ended = sorted({path.stem for path in paths.run.glob("*.json")} - processes.running(paths.run).keys())
    logs = "".join(f"\n{name} has ended:\n{processes.tail(paths.logs / f'{name}.log')}" for name in ended)
    return NotStarted(str(error), logs, paths.logs)


def down(paths: Paths, with_docker: bool) -> None:
    """Stop the cluster and remove all that it made; `with_docker` stops the engine that we started, too."""
    with locked(paths):
        require_root()
        with step("stopped the cluster and removed all that it made"):
            teardown.remove_all(paths)
        if with_docker:
            with step("stopped the Docker engine; its images stay"):
                docker.stop(paths)


def describe(paths: Paths) -> Iterator[tuple[str, str]]:
    """Yield what there is to say about the cluster, as names and values."""
    alive = processes.running(paths.run)
    yield "cluster", "up" if is_up(paths) else "down" if not alive else "broken: `up` starts it anew"
    yield "kubeconfig", str(paths.kubeconfig)
    yield "context", Kubectl.of(paths).context
    yield "bin", str(paths.bin)
    yield "DOCKER_HOST", docker.answering(paths) or "no engine answers: `load` starts one"
    for name in PROCESSES:
        yield name, f"process {alive[name].pid}" if name in alive else "does not run"
