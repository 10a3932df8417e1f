"""Pod Security `restricted` is in force and kept; NetworkPolicies let through what is needed."""

import json
from typing import Any

import pytest

from tests.e2e.support.cluster import CommandFailed
from tests.e2e.support.figures import Figures
from tests.e2e.support.platform import Platform
from tests.e2e.support.pods import BATTLE_IMAGE, IDLE, pod, restricted
from tests.support.network_policies import Place, may_reach, pod_place

NAME = "7 security"
DNS = Place("kube-system", {"k8s-app": "kube-dns"})
PROMETHEUS = Place("monitoring", {"app.kubernetes.io/name": "prometheus"})
CALLER = "caller"
STRANGER = Place("elsewhere")
PORTS = {"battle": 3000, "mlflow": 5000, "postgresql": 5432}
TRAINING = "training"
WANTED = {
    (CALLER, "battle"),
    ("mlflow", "postgresql"),
    ("reconciler", "mlflow"),
    (TRAINING, "mlflow"),
    ("prune", "mlflow"),
}
"""Who may open connections to whom; everything else may not."""


@pytest.mark.parametrize(
    "violation",
    [
        {"securityContext": {"privileged": True}},
        {"securityContext": {"runAsNonRoot": True}},
        {"image": BATTLE_IMAGE},
    ],
    ids=["privileged", "capabilities", "nothing said"],
)
def test_violating_pod_is_refused(platform: Platform, violation: dict[str, Any]) -> None:
    with pytest.raises(CommandFailed, match="violates PodSecurity"):
        platform.cluster.apply(pod("violator", {"image": BATTLE_IMAGE, "command": IDLE, **violation}))


def test_node_access_is_refused(platform: Platform) -> None:
    with pytest.raises(CommandFailed, match="violates PodSecurity"):
        platform.cluster.apply(pod("violator", restricted({"image": BATTLE_IMAGE}), hostPID=True))


def test_service_pods_have_no_token_and_can_write_nowhere(platform: Platform) -> None:
    probe = (
        "import json, os, pathlib\n"
        "writable = [p for p in ('/', '/app', '/etc', '/store', '/keys', '/usr') if os.access(p, os.W_OK)]\n"
        "token = pathlib.Path('/var/run/secrets/kubernetes.io').exists()\n"
        "print(json.dumps([os.getuid(), writable, token]))\n"
    )
    seen = json.loads(platform.cluster.exec(platform.battle.ready()[0].name, "python", "-c", probe))
    assert seen == [10001, [], False]


def places(platform: Platform) -> dict[str, Place]:
    """Return where each part runs; training and pruning as their CronJobs describe them."""
    cluster = platform.cluster
    namespace = cluster.get("namespace", cluster.namespace)["metadata"]["labels"]
    templates = {
        part: cluster.get(kind, part)["spec"]["template"]
        for kind, part in (
            ("deploy", "battle"),
            ("deploy", "mlflow"),
            ("deploy", "reconciler"),
            ("statefulset", "postgresql"),
        )
    }
    for part, cronjob in ((TRAINING, "training-battle"), ("prune", "training-prune-battle")):
        templates[part] = cluster.get("cronjob", cronjob)["spec"]["jobTemplate"]["spec"]["template"]
    templates[CALLER] = cluster.get("pod", CALLER)
    return {part: pod_place(template, cluster.namespace, namespace) for part, template in templates.items()}


def test_policies_let_through_what_is_needed_and_nothing_else(platform: Platform, figures: Figures) -> None:
    policies = platform.cluster.items("networkpolicies")
    found = places(platform)
    allowed = {
        (source, target)
        for source in found
        for target, port in PORTS.items()
        if source != target and may_reach(policies, found[source], found[target], port)
    }
    assert allowed == WANTED
    strangers = [
        target for target, port in PORTS.items() if may_reach(policies, STRANGER, found[target], port)
    ]
    assert strangers == []
    guarded = [part for part in found if part != CALLER]
    assert all(may_reach(policies, found[part], DNS, 53, "UDP") for part in guarded if part != "postgresql")
    outside = Place(address="203.0.113.7")
    assert not any(may_reach(policies, found[part], outside, 80) for part in guarded)
    for part, port in (("battle", 3000), ("mlflow", 9100), ("reconciler", 9090)):
        assert may_reach(policies, PROMETHEUS, found[part], port), part
    figures.add(NAME, "connections allowed between parts", len(allowed), "", "as listed")
