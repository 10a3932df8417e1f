"""How pods are replaced, stopped and placed."""

from typing import Any

import pytest

from tests.support.inference_chart import container, deployment, inference, pod


def test_a_rolling_update_never_has_fewer_pods_than_before() -> None:
    strategy = deployment()["spec"]["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


def test_replicas_are_as_many_as_asked() -> None:
    assert deployment()["spec"]["replicas"] == 2
    assert deployment({"replicas": 0})["spec"]["replicas"] == 0


@pytest.mark.parametrize("mode", ["hpa", "keda"])
def test_replicas_are_left_to_the_autoscaler(mode: str) -> None:
    assert "replicas" not in deployment({"autoscaling": {"mode": mode}})["spec"]


@pytest.mark.parametrize(
    ("sleep", "linger", "drain", "grace"), [(5, 5, 20, 35), (0, 0, 1, 6), (10, 2.5, 60, 78), (5, 0.1, 20, 31)]
)
def test_grace_period_covers_every_step_of_stopping(
    sleep: int, linger: float, drain: int, grace: int
) -> None:
    values = {"preStopSleepSeconds": sleep, "server": {"lingerSeconds": linger, "drainSeconds": drain}}
    assert pod(values)["spec"]["terminationGracePeriodSeconds"] == grace


def test_pods_sleep_before_they_are_told_to_stop() -> None:
    assert container()["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    assert "lifecycle" not in container({"preStopSleepSeconds": 0})


def test_rollout_is_given_up_after_the_longest_fetch() -> None:
    assert deployment({"progressDeadlineSeconds": 900})["spec"]["progressDeadlineSeconds"] == 900


def test_former_templates_are_kept() -> None:
    assert deployment({"revisionHistoryLimit": 3})["spec"]["revisionHistoryLimit"] == 3


def test_only_readiness_asks_for_a_model() -> None:
    probes = {name: container()[f"{name}Probe"] for name in ("startup", "readiness", "liveness")}
    assert {name: probe["httpGet"]["path"] for name, probe in probes.items()} == {
        "startup": "/livez",
        "readiness": "/readyz",
        "liveness": "/livez",
    }
    assert {probe["httpGet"]["port"] for probe in probes.values()} == {"http"}


@pytest.mark.parametrize("name", ["startup", "readiness", "liveness"])
def test_probes_can_be_tuned(name: str) -> None:
    tuned = {"periodSeconds": 7, "timeoutSeconds": 6, "failureThreshold": 5}
    probe = container({"probes": {name: tuned}})[f"{name}Probe"]
    assert {key: probe[key] for key in tuned} == tuned


def test_pods_spread_over_nodes_and_zones_within_a_version() -> None:
    constraints = pod()["spec"]["topologySpreadConstraints"]
    assert [constraint["topologyKey"] for constraint in constraints] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]
    for constraint in constraints:
        assert constraint["matchLabelKeys"] == ["pod-template-hash"]
        assert constraint["labelSelector"] == deployment()["spec"]["selector"]


def test_spreading_can_be_strict_or_off() -> None:
    strict = pod({"topologySpread": {"hostname": "DoNotSchedule", "zone": ""}})["spec"]
    assert [rule["whenUnsatisfiable"] for rule in strict["topologySpreadConstraints"]] == ["DoNotSchedule"]
    assert "topologySpreadConstraints" not in pod({"topologySpread": {"hostname": "", "zone": ""}})["spec"]


PLACING: dict[str, Any] = {
    "priorityClassName": "serving",
    "nodeSelector": {"disk": "fast"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": []}},
}


@pytest.mark.parametrize("name", PLACING)
def test_placing_is_handed_on_or_absent(name: str) -> None:
    assert pod({name: PLACING[name]})["spec"][name] == PLACING[name]
    assert name not in pod()["spec"]


def test_disruption_budget_lets_one_pod_go_at_a_time_and_broken_ones_always() -> None:
    budget = inference({"replicas": 1}).one("PodDisruptionBudget")["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert budget["selector"] == deployment()["spec"]["selector"]


def test_disruption_budget_can_be_a_share_or_absent() -> None:
    share = inference({"pdb": {"maxUnavailable": "25%"}}).one("PodDisruptionBudget")
    assert share["spec"]["maxUnavailable"] == "25%"
    assert inference({"pdb": {"enabled": False}}).of("PodDisruptionBudget") == []
