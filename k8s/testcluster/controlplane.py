"""etcd, the API server, the controller manager and the scheduler."""

from pathlib import Path

from k8s.testcluster import certificates, kubeconfig, processes
from k8s.testcluster.addresses import (
    API_PORT,
    API_SERVER,
    CONTEXT,
    ETCD_CLIENTS,
    ETCD_PEERS,
    FIRST_SERVICE,
    NODE,
    NODE_ADDRESS,
    POD_RANGE,
    SERVICE_RANGE,
)
from k8s.testcluster.commands import wait_until
from k8s.testcluster.kubectl import Kubectl
from k8s.testcluster.paths import Paths

API_SECONDS = 60.0
_API_NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
_ISSUER = "https://kubernetes.default.svc.cluster.local"
_COMPONENTS = {
    "admin": ("kubernetes-admin", ("system:masters",)),
    "controller-manager": ("system:kube-controller-manager", ()),
    "scheduler": ("system:kube-scheduler", ()),
    "proxy": ("system:kube-proxy", ()),
    "kubelet-client": ("apiserver-kubelet-client", ("system:masters",)),
    "front-proxy": ("front-proxy-client", ()),
    "etcd-client": ("apiserver-etcd-client", ()),
}
"""Who proves to be whom: user and groups by name of the certificate."""


def write_credentials(paths: Paths) -> None:
    """Make a new authority, all certificates, and the files that components sign in with."""
    folder = paths.certificates
    authority = certificates.Authority(folder, CONTEXT)
    for name, (user, groups) in _COMPONENTS.items():
        authority.issue(name, user, groups)
    authority.issue("kubelet", f"system:node:{NODE}", ("system:nodes",), (NODE_ADDRESS, NODE))
    authority.issue(
        "api-server", "kube-apiserver", (), (NODE_ADDRESS, FIRST_SERVICE, "localhost", *_API_NAMES)
    )
    authority.issue("etcd", "etcd", (), (NODE_ADDRESS,))
    certificates.write_key_pair(folder / "service-accounts.key", folder / "service-accounts.pub")
    for component in ("controller-manager", "scheduler", "proxy", "kubelet"):
        kubeconfig.write(paths.kubeconfig_of(component), folder, component)
    kubeconfig.write(paths.kubeconfig, folder, "admin")


def start_api(paths: Paths) -> None:
    """Start etcd and the API server; returns at once."""
    _start(paths, "etcd", etcd_command(paths.state / "etcd", paths.certificates))
    _start(paths, "api-server", api_server_command(paths.bin, paths.certificates))


def wait_for_api(paths: Paths) -> None:
    """Return when the API server is ready. Raises NotReady."""
    cluster = Kubectl.of(paths)
    wait_until(
        lambda: cluster.succeeds("get", "--raw", "/readyz"),
        f"the API server at {API_SERVER} ready",
        API_SECONDS,
    )


def start_controllers(paths: Paths) -> None:
    """Start the controller manager and the scheduler, which end at once without a ready API server."""
    own = paths.kubeconfig_of("controller-manager")
    _start(paths, "controller-manager", controller_manager_command(paths.bin, own, paths.certificates))
    _start(paths, "scheduler", scheduler_command(paths.bin, paths.kubeconfig_of("scheduler")))


def _start(paths: Paths, name: str, command: list[str]) -> None:
    processes.start(name, command, paths.run, paths.logs / f"{name}.log")


def etcd_command(data: Path, pki: Path) -> list[str]:
    """Return how etcd is started: it does not wait for the disk, since nothing has to outlive the machine."""
    both = [
        option
        for prefix in ("", "peer-")
        for option in (
            f"--{prefix}cert-file={pki}/etcd.crt",
            f"--{prefix}key-file={pki}/etcd.key",
            f"--{prefix}trusted-ca-file={pki}/ca.crt",
            f"--{prefix}client-cert-auth=true",
        )
    ]
    return [
        "etcd",
        f"--data-dir={data}",
        f"--listen-client-urls={ETCD_CLIENTS}",
        f"--advertise-client-urls={ETCD_CLIENTS}",
        f"--listen-peer-urls={ETCD_PEERS}",
        f"--initial-advertise-peer-urls={ETCD_PEERS}",
        f"--initial-cluster=default={ETCD_PEERS}",
        "--unsafe-no-fsync",
        *both,
    ]


def api_server_command(bin_folder: Path, pki: Path) -> list[str]:
    """Return how the API server is started."""
    return [
        f"{bin_folder}/kube-apiserver",
        f"--advertise-address={NODE_ADDRESS}",
        f"--bind-address={NODE_ADDRESS}",
        f"--secure-port={API_PORT}",
        f"--tls-cert-file={pki}/api-server.crt",
        f"--tls-private-key-file={pki}/api-server.key",
        f"--client-ca-file={pki}/ca.crt",
        f"--etcd-servers={ETCD_CLIENTS}",
        f"--etcd-cafile={pki}/ca.crt",
        f"--etcd-certfile={pki}/etcd-client.crt",
        f"--etcd-keyfile={pki}/etcd-client.key",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--service-account-issuer={_ISSUER}",
        f"--service-account-key-file={pki}/service-accounts.pub",
        f"--service-account-signing-key-file={pki}/service-accounts.key",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        *_kubelet_options(pki),
        *_aggregation_options(pki),
    ]


def _kubelet_options(pki: Path) -> list[str]:
    """Return how the API server reaches kubelets: by address, since no DNS knows the node's name."""
    return [
        f"--kubelet-client-certificate={pki}/kubelet-client.crt",
        f"--kubelet-client-key={pki}/kubelet-client.key",
        f"--kubelet-certificate-authority={pki}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
    ]


def _aggregation_options(pki: Path) -> list[str]:
    """Return how the API server proves itself to the servers of aggregated APIs, such as metrics-server."""
    return [
        "--enable-aggregator-routing=true",
        f"--requestheader-client-ca-file={pki}/ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={pki}/front-proxy.crt",
        f"--proxy-client-key-file={pki}/front-proxy.key",
    ]


def _sign_in(own: Path) -> list[str]:
    kinds = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    return [*(f"--{kind}={own}" for kind in kinds), "--leader-elect=false", "--bind-address=127.0.0.1"]


def controller_manager_command(bin_folder: Path, own: Path, pki: Path) -> list[str]:
    """Return how the controller manager is started; autoscalers decide every 5 s instead of every 15 s."""
    return [
        f"{bin_folder}/kube-controller-manager",
        *_sign_in(own),
        f"--service-account-private-key-file={pki}/service-accounts.key",
        f"--root-ca-file={pki}/ca.crt",
        f"--cluster-signing-cert-file={pki}/ca.crt",
        f"--cluster-signing-key-file={pki}/ca.key",
        "--use-service-account-credentials",
        "--allocate-node-cidrs",
        f"--cluster-cidr={POD_RANGE}",
        "--node-cidr-mask-size=24",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--horizontal-pod-autoscaler-sync-period=5s",
        "--horizontal-pod-autoscaler-initial-readiness-delay=5s",
        "--horizontal-pod-autoscaler-cpu-initialization-period=20s",
    ]


def scheduler_command(bin_folder: Path, own: Path) -> list[str]:
    """Return how the scheduler is started."""
    return [f"{bin_folder}/kube-scheduler", *_sign_in(own)]
