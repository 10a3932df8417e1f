"""The judge of pods itself: it lets pass what `restricted` lets pass, and names what it does not."""

import copy
from typing import Any

import pytest

from tests.support.pod_security import violations

CONTAINER: dict[str, Any] = {
    "name": "c",
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
POD: dict[str, Any] = {
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [CONTAINER],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
}


def _with(**fields: Any) -> dict[str, Any]:
    return {"spec": {**POD["spec"], **fields}}


def _context(**fields: Any) -> dict[str, Any]:
    container = copy.deepcopy(CONTAINER)
    container["securityContext"].update(fields)
    return _with(containers=[container])


def test_a_restricted_pod_passes() -> None:
    assert violations(POD) == []
    assert violations(_context(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})) == []


@pytest.mark.parametrize(
    ("pod", "named"),
    [
        (_with(hostNetwork=True), "hostNetwork"),
        (_with(hostPID=True), "hostPID"),
        (_with(volumes=[{"name": "v", "hostPath": {"path": "/"}}]), "volume v is of kind hostPath"),
        (_with(securityContext={"seccompProfile": {"type": "RuntimeDefault"}}), "runAsNonRoot"),
        (_with(securityContext={"runAsNonRoot": True}), "seccompProfile"),
        (_with(securityContext={**POD["spec"]["securityContext"], "runAsUser": 0}), "runAsUser is 0"),
        (_with(securityContext={**POD["spec"]["securityContext"], "sysctls": [{"name": "x"}]}), "sysctl x"),
        (_with(containers=[{"name": "c"}]), "allowPrivilegeEscalation"),
        (_with(initContainers=[{"name": "i"}]), "container i"),
        (_with(containers=[{**CONTAINER, "ports": [{"hostPort": 80}]}]), "hostPort 80"),
        (_context(privileged=True), "privileged"),
        (_context(allowPrivilegeEscalation=True), "allowPrivilegeEscalation"),
        (_context(capabilities={"drop": ["NET_RAW"]}), "not all capabilities are dropped"),
        (_context(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}), "capabilities are added"),
        (_context(runAsNonRoot=False), "runAsNonRoot"),
        (_context(runAsUser=0), "runAsUser is 0"),
        (_context(seccompProfile={"type": "Unconfined"}), "seccompProfile is Unconfined"),
        (_context(procMount="Unmasked"), "procMount"),
        (_context(seLinuxOptions={"type": "spc_t"}), "seLinuxOptions"),
        (_context(appArmorProfile={"type": "Unconfined"}), "appArmorProfile"),
        (_context(windowsOptions={"hostProcess": True}), "hostProcess"),
    ],
)
def test_what_is_not_restricted_is_named(pod: dict[str, Any], named: str) -> None:
    assert any(named in violation for violation in violations(pod))
