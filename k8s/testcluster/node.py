"""kubelet and kube-proxy, and the control groups below which pods run."""

import contextlib
import os
from pathlib import Path

import yaml

from k8s.testcluster import processes
from k8s.testcluster.addresses import CONTEXT, DNS_SERVICE, NODE, NODE_ADDRESS, POD_RANGE
from k8s.testcluster.commands import wait_until
from k8s.testcluster.errors import CommandFailed
from k8s.testcluster.kubectl import Kubectl
from k8s.testcluster.paths import Paths

CGROUPS = Path("/sys/fs/cgroup")
NODE_SECONDS = 60.0


def start_node(paths: Paths) -> None:
    """Start kubelet and kube-proxy; returns at once."""
    (paths.state / "manifests").mkdir()
    make_cgroups(CGROUPS)
    own = paths.state / "kubelet.yaml"
    own.write_text(yaml.safe_dump(kubelet_configuration(paths)))
    kubelet = (
        paths.bin / "kubelet",
        f"--kubeconfig={paths.kubeconfig_of('kubelet')}",
        f"--config={own}",
        f"--hostname-override={NODE}",
        f"--node-ip={NODE_ADDRESS}",
        f"--root-dir={paths.state}/kubelet",
        f"--cert-dir={paths.certificates}",
        # How often CPU and memory of containers are measured; autoscaling tests wait for it.
        "--housekeeping-interval=5s",
        # Without it, measurements of containers lack their names.
        f"--containerd={paths.containerd_socket}",
        "--containerd-namespace=k8s.io",
    )
    processes.start("kubelet", kubelet, paths.run, paths.logs / "kubelet.log")
    proxy = paths.state / "proxy.yaml"
    proxy.write_text(yaml.safe_dump(proxy_configuration(paths.kubeconfig_of("proxy"))))
    command = (paths.bin / "kube-proxy", f"--config={proxy}")
    processes.start("proxy", command, paths.run, paths.logs / "proxy.log")


def wait_for_node(paths: Paths) -> None:
    """Return when the node is ready. Raises NotReady."""
    wait_until(lambda: is_ready(paths), f"node {NODE} ready", NODE_SECONDS)


def is_ready(paths: Paths) -> bool:
    """Return whether the API server answers, and calls the node ready."""
    condition = "{.status.conditions[?(@.type=='Ready')].status}"
    options = ("--output", f"jsonpath={condition}", "--request-timeout=5s")
    try:
        return Kubectl.of(paths)("get", "node", NODE, *options) == "True"
    except CommandFailed:
        return False


def make_cgroups(root: Path) -> None:
    """Make the group below which all pods go, in each hierarchy that the machine has."""
    controllers = root / "cgroup.controllers"
    if controllers.exists():
        group = root / CONTEXT
        group.mkdir(exist_ok=True)
        enabled = " ".join(f"+{name}" for name in controllers.read_text().split())
        (root / "cgroup.subtree_control").write_text(enabled)
        (group / "cgroup.subtree_control").write_text(enabled)
        return
    for hierarchy in root.iterdir():
        if (hierarchy / "tasks").exists():
            (hierarchy / CONTEXT).mkdir(exist_ok=True)
            _inherit_cpus(hierarchy)


def _inherit_cpus(hierarchy: Path) -> None:
    """Give the group the processors and memory nodes of its parent, where the hierarchy asks for them."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if (hierarchy / name).exists():
            (hierarchy / CONTEXT / name).write_text((hierarchy / name).read_text())


def cgroups_left(root: Path) -> list[Path]:
    """Return our groups, one in each hierarchy."""
    return sorted([*root.glob(CONTEXT), *root.glob(f"*/{CONTEXT}")])


def processes_in_cgroups(root: Path) -> set[int]:
    """Return the ids of all processes in our groups."""
    files = [file for group in cgroups_left(root) for file in group.rglob("cgroup.procs")]
    return {int(pid) for file in files for pid in file.read_text().split()}


def remove_cgroups(root: Path) -> None:
    """Remove our groups, innermost first; one that still holds a process stays."""
    for group in cgroups_left(root):
        for folder, _, _ in os.walk(group, topdown=False):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()


def kubelet_configuration(paths: Paths) -> dict[str, object]:
    """Return kubelet's configuration."""
    pki = paths.certificates
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "healthzBindAddress": "127.0.0.1",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{pki}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{pki}/kubelet.crt",
        "tlsPrivateKeyFile": f"{pki}/kubelet.key",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{CONTEXT}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "containerRuntimeEndpoint": f"unix://{paths.containerd_socket}",
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": "cluster.local",
        "staticPodPath": f"{paths.state}/manifests",
        "volumePluginDir": f"{paths.state}/volume-plugins",
        # Another kubelet on this machine would delete the logs of pods that it does not know.
        "podLogsDir": f"{paths.state}/pod-logs",
        "systemReserved": {"cpu": "100m", "memory": "512Mi"},
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        # Images come from `load` only, so none that is unused may be thrown away.
        "imageGCHighThresholdPercent": 100,
        # A changed ConfigMap reaches its pods within seconds.
        "syncFrequency": "5s",
    }


def proxy_configuration(own: Path) -> dict[str, object]:
    """Return kube-proxy's configuration; nftables, since not every kernel has IP_VS."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clusterCIDR": POD_RANGE,
        "clientConnection": {"kubeconfig": str(own)},
        "hostnameOverride": NODE,
        "bindAddress": NODE_ADDRESS,
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "conntrack": {"maxPerCore": 0},
    }
