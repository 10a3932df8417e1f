"""The Pod Security Standard `restricted`, as https://kubernetes.io/docs/concepts/security/pod-security-standards
has it, so that pods can be judged without a cluster."""

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]

VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_wmem",
    }
)
SECCOMP = frozenset({"RuntimeDefault", "Localhost"})


def violations(pod: Object) -> list[str]:
    """Return what keeps a pod, or a pod template, from a namespace that enforces `restricted`; one sentence
    each."""
    spec = pod["spec"]
    found = [*_of_host(spec), *_of_volumes(spec), *_of_pod_context(spec)]
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(kind, []):
            complaints = _of_container(container, spec.get("securityContext") or {})
            found += [f"container {container['name']}: {complaint}" for complaint in complaints]
    return found


def _of_host(spec: Object) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield f"{field} is set"


def _of_volumes(spec: Object) -> Iterator[str]:
    for volume in spec.get("volumes", []):
        for kind in volume.keys() - {"name"} - VOLUMES:
            yield f"volume {volume['name']} is of kind {kind}"


def _of_pod_context(spec: Object) -> Iterator[str]:
    context = spec.get("securityContext") or {}
    for sysctl in context.get("sysctls", []):
        if sysctl["name"] not in SYSCTLS:
            yield f"sysctl {sysctl['name']} is set"
    yield from _of_any_context(context)


def _of_any_context(context: Object) -> Iterator[str]:
    """Yield what must hold wherever it is said."""
    selinux = context.get("seLinuxOptions") or {}
    if selinux.get("type", "") not in SELINUX_TYPES or selinux.get("user") or selinux.get("role"):
        yield "seLinuxOptions are not allowed ones"
    if (context.get("appArmorProfile") or {}).get("type") == "Unconfined":
        yield "appArmorProfile is Unconfined"
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield "windowsOptions.hostProcess is set"
    if context.get("runAsUser") == 0:
        yield "runAsUser is 0"


def _of_container(container: Object, of_pod: Object) -> Iterator[str]:
    own = container.get("securityContext") or {}
    yield from _of_any_context(own)
    yield from _of_privileges(own)
    if own.get("runAsNonRoot", of_pod.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot is not true"
    seccomp = own.get("seccompProfile") or of_pod.get("seccompProfile") or {}
    if seccomp.get("type") not in SECCOMP:
        yield f"seccompProfile is {seccomp.get('type')}"
    for port in container.get("ports", []):
        if port.get("hostPort"):
            yield f"hostPort {port['hostPort']} is used"


def _of_privileges(own: Object) -> Iterator[str]:
    capabilities = own.get("capabilities") or {}
    if own.get("privileged"):
        yield "it is privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if "ALL" not in capabilities.get("drop", []):
        yield "not all capabilities are dropped"
    if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "capabilities are added"
    if own.get("procMount", "Default") != "Default":
        yield "procMount is not Default"
