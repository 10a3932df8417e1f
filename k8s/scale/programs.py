"""How the programs of the throw-away control plane are started: loopback only, on ports that were free."""

import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
_SERVICE_RANGE = "10.97.0.0/16"
_ISSUER = "https://kubernetes.default.svc"
_QUERIES_PER_SECOND = 2000
"""What each controller may ask for: the defaults make a small cluster's rollout last for minutes."""
_PARALLEL = 10
_ADMISSIONS_OFF = "ServiceAccount,TaintNodesByCondition"
"""Both wait for controllers that are not started."""
_DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
"""Nothing is left even if this process is killed."""


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on loopback."""

    api: int
    etcd: int
    etcd_peers: int

    @classmethod
    def free(cls) -> "Ports":
        """Return ports that nobody listens on now."""
        with ExitStack() as opened:
            sockets = [opened.enter_context(socket.socket()) for _ in range(3)]
            for one in sockets:
                one.bind((HOST, 0))
            api, etcd, peers = (int(one.getsockname()[1]) for one in sockets)
        return cls(api, etcd, peers)

    @property
    def server(self) -> str:
        """Where the API server answers."""
        return f"https://{HOST}:{self.api}"


def etcd(ports: Ports, data: Path, pki: Path) -> list[str]:
    """Return how etcd is started: it does not wait for the disk."""
    clients, peers = f"https://{HOST}:{ports.etcd}", f"http://{HOST}:{ports.etcd_peers}"
    return [
        *_DIE_WITH_PARENT,
        "etcd",
        f"--data-dir={data}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        f"--cert-file={pki}/server.crt",
        f"--key-file={pki}/server.key",
        f"--trusted-ca-file={pki}/ca.crt",
        "--client-cert-auth=true",
        "--unsafe-no-fsync",
    ]


def api_server(ports: Ports, bin_folder: Path, pki: Path) -> list[str]:
    """Return how the API server is started: whoever has a certificate may do everything."""
    return [
        *_DIE_WITH_PARENT,
        f"{bin_folder}/kube-apiserver",
        f"--advertise-address={HOST}",
        f"--bind-address={HOST}",
        f"--secure-port={ports.api}",
        f"--tls-cert-file={pki}/server.crt",
        f"--tls-private-key-file={pki}/server.key",
        f"--client-ca-file={pki}/ca.crt",
        f"--etcd-servers=https://{HOST}:{ports.etcd}",
        f"--etcd-cafile={pki}/ca.crt",
        f"--etcd-certfile={pki}/server.crt",
        f"--etcd-keyfile={pki}/server.key",
        f"--service-cluster-ip-range={_SERVICE_RANGE}",
        f"--service-account-issuer={_ISSUER}",
        f"--service-account-key-file={pki}/service-accounts.pub",
        f"--service-account-signing-key-file={pki}/service-accounts.key",
        "--authorization-mode=AlwaysAllow",
        "--anonymous-auth=false",
        "--endpoint-reconciler-type=none",
        f"--disable-admission-plugins={_ADMISSIONS_OFF}",
    ]


def controller_manager(bin_folder: Path, kubeconfig: Path) -> list[str]:
    """Return how the controllers of Deployments and ReplicaSets are started."""
    return [
        *_DIE_WITH_PARENT,
        f"{bin_folder}/kube-controller-manager",
        "--controllers=deployment-controller,replicaset-controller",
        f"--concurrent-deployment-syncs={_PARALLEL}",
        f"--concurrent-replicaset-syncs={_PARALLEL}",
        *_client_options(kubeconfig),
    ]


def scheduler(bin_folder: Path, kubeconfig: Path) -> list[str]:
    """Return how the scheduler is started."""
    return [*_DIE_WITH_PARENT, f"{bin_folder}/kube-scheduler", *_client_options(kubeconfig)]


def kwok(bin_folder: Path, kubeconfig: Path, configuration: Path) -> list[str]:
    """Return how kwok is started, which pretends all nodes and their pods."""
    return [
        *_DIE_WITH_PARENT,
        f"{bin_folder}/kwok",
        f"--kubeconfig={kubeconfig}",
        f"--config={configuration}",
        "--manage-all-nodes",
    ]


def _client_options(kubeconfig: Path) -> list[str]:
    return [
        f"--kubeconfig={kubeconfig}",
        f"--kube-api-qps={_QUERIES_PER_SECOND}",
        f"--kube-api-burst={_QUERIES_PER_SECOND}",
        "--leader-elect=false",
        "--secure-port=0",
    ]
