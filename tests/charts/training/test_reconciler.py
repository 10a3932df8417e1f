"""The reconciler, and what each of the three accounts may do."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.helm import HelmRefused, Manifests, Object, render
from tests.support.network_policies import Place, may_reach, pod_place

DNS = Place("kube-system", {"k8s-app": "kube-dns"})
REGISTRY = Place("games", {"app.kubernetes.io/name": "mlflow"})
PROMETHEUS = Place("monitoring", {"app": "prometheus"})
API_SERVER = Place(address="10.0.0.1")
BUCKET = Place(address="203.0.113.7")
S3 = {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [{"port": 9000}]}


def _training(values: Mapping[str, Any] | None = None) -> Manifests:
    return render("training", values, release="training")


def _deployment(values: Mapping[str, Any] | None = None) -> Object:
    return _training(values).one("Deployment")


def _container(values: Mapping[str, Any] | None = None) -> Object:
    (found,) = _deployment(values)["spec"]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def _allowed(kind: str, name: str, values: Mapping[str, Any] | None = None) -> set[str]:
    """Return what a Role allows, as `verb resource` or `verb resource/name`."""
    found: set[str] = set()
    for role in _training(values).of(kind):
        if role["metadata"]["name"] != name or role["metadata"].get("namespace", "games") != "games":
            continue
        for rule in role["rules"]:
            names = [f"/{one}" for one in rule.get("resourceNames", [])] or [""]
            for resource in rule["resources"]:
                found |= {f"{verb} {resource}{one}" for verb in rule["verbs"] for one in names}
    return found


ACTS = {
    "get deployments",
    "list deployments",
    "patch deployments",
    "list replicasets",
    "list cronjobs",
    "list jobs",
    "create events",
    "patch events",
}
LOOKS = {"list deployments", "list replicasets"}


def _leases(*names: str) -> set[str]:
    return {"create leases"} | {f"{verb} leases/{name}" for verb in ("get", "update") for name in names}


def test_the_reconciler_may_do_what_it_does_and_no_more() -> None:
    wanted = ACTS | _leases("ekiben-reconciler", "ekiben-aliases-battle")
    assert _allowed("Role", "training-reconciler") == wanted


def test_jobs_may_look_and_hold_their_own_locks() -> None:
    trains = LOOKS | _leases("ekiben-aliases-battle", "ekiben-training-battle")
    assert _allowed("Role", "training") == trains
    assert _allowed("Role", "training-prune") == LOOKS | _leases("ekiben-aliases-battle")


def test_locks_are_those_of_the_models() -> None:
    allowed = _allowed("Role", "training", {"models": {"iris": {}}})
    assert "update leases/ekiben-training-iris" in allowed


def test_without_models_no_lock_is_open_to_jobs() -> None:
    assert _allowed("Role", "training", {"models": {"battle": None}}) == LOOKS


def test_each_role_is_bound_to_the_account_of_its_pods() -> None:
    found = _training()
    for name in ("training", "training-prune", "training-reconciler"):
        binding = found.one("RoleBinding", name)
        assert binding["roleRef"]["name"] == name
        (subject,) = binding["subjects"]
        assert subject == {"kind": "ServiceAccount", "name": name, "namespace": "games"}
        assert found.one("ServiceAccount", name)["automountServiceAccountToken"] is False
    pods = found.one("Deployment")["spec"]["template"]["spec"]
    assert (pods["serviceAccountName"], pods["automountServiceAccountToken"]) == ("training-reconciler", True)


def test_further_namespaces_get_roles_without_locks() -> None:
    values = {"watch": {"namespaces": ["shop"]}}
    roles = [role for role in _training(values).of("Role") if role["metadata"]["namespace"] == "shop"]
    assert sorted(role["metadata"]["name"] for role in roles) == [
        "training",
        "training-prune",
        "training-reconciler",
    ]
    resources = {resource for role in roles for rule in role["rules"] for resource in rule["resources"]}
    assert "leases" not in resources
    for binding in _training(values).of("RoleBinding"):
        assert binding["subjects"][0]["namespace"] == "games"
    environment = {entry["name"]: entry.get("value") for entry in _container(values)["env"]}
    assert environment["EKIBEN_NAMESPACES"] == "games,shop"


def test_all_namespaces_take_a_clusterrole_and_locks_stay_local() -> None:
    values = {"watch": {"allNamespaces": True}}
    assert _allowed("ClusterRole", "games-training-reconciler", values) == ACTS
    assert _allowed("ClusterRole", "games-training", values) == LOOKS
    local = _allowed("Role", "training-reconciler", values)
    assert local == _leases("ekiben-reconciler", "ekiben-aliases-battle")
    environment = {entry["name"]: entry.get("value") for entry in _container(values)["env"]}
    assert environment["EKIBEN_NAMESPACES"] == "*"
    assert _training().of("ClusterRole") == []


def test_some_namespaces_and_all_is_refused() -> None:
    with pytest.raises(HelmRefused, match="watch: give namespaces, or allNamespaces, not both"):
        _training({"watch": {"namespaces": ["shop"], "allNamespaces": True}})


def test_accounts_and_roles_can_be_ones_own() -> None:
    values = {
        "rbac": {"create": False},
        "serviceAccounts": {"reconciler": {"create": False, "name": "mine"}},
    }
    found = _training(values)
    assert not {"Role", "RoleBinding"} & set(found.kinds())
    assert found.one("Deployment")["spec"]["template"]["spec"]["serviceAccountName"] == "mine"
    assert len(found.of("ServiceAccount")) == 2


def test_what_the_reconciler_runs() -> None:
    container = _container({"reconciler": {"intervalSeconds": 2}})
    assert container["args"] == ["reconcile", "--interval-seconds", "2", "--port", "9090"]
    assert container["ports"] == [{"name": "metrics", "containerPort": 9090}]
    assert container["startupProbe"]["httpGet"] == {"path": "/livez", "port": "metrics"}
    assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "metrics"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "metrics"}


def test_a_new_reconciler_is_ready_before_the_old_one_goes() -> None:
    spec = _deployment()["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_the_reconciler_verifies_and_never_signs() -> None:
    volumes = {volume["name"]: volume for volume in _deployment()["spec"]["template"]["spec"]["volumes"]}
    assert [item["path"] for item in volumes["keys"]["secret"]["items"]] == ["trainer.pub.pem"]
    mounts = {mount["name"]: mount for mount in _container()["volumeMounts"]}
    assert mounts["store"]["readOnly"] is True


def test_knobs_of_the_reconciler() -> None:
    knobs = {
        "replicas": 2,
        "extraEnv": {"A": "b"},
        "podAnnotations": {"c": "d"},
        "podLabels": {"e": "f"},
        "topologySpread": {"hostname": "DoNotSchedule", "zone": ""},
        "fullnameOverride": "rollout",
    }
    found = _deployment({"reconciler": knobs})
    template = found["spec"]["template"]
    assert (found["metadata"]["name"], found["spec"]["replicas"]) == ("rollout", 2)
    assert {"name": "A", "value": "b"} in template["spec"]["containers"][0]["env"]
    assert template["metadata"]["annotations"]["c"] == "d"
    assert template["metadata"]["labels"]["e"] == "f"
    (spread,) = template["spec"]["topologySpreadConstraints"]
    assert spread["whenUnsatisfiable"] == "DoNotSchedule"


def test_without_the_reconciler_nothing_of_it_is_left() -> None:
    values = {"reconciler": {"enabled": False}, "podMonitor": {"enabled": True}}
    found = _training(values)
    names = {item["metadata"]["name"] for item in found.objects}
    assert "training-reconciler" not in names
    assert not {"Deployment", "PodDisruptionBudget", "PodMonitor"} & set(found.kinds())


def test_the_budget_can_be_left_out() -> None:
    assert _training().one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    assert _training({"reconciler": {"pdb": {"enabled": False}}}).of("PodDisruptionBudget") == []


def test_pods_ask_to_be_scraped_unless_told_not_to() -> None:
    annotations = _deployment()["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == "9090"
    quiet = _deployment({"metrics": {"annotations": False}})["spec"]["template"]["metadata"]
    assert "annotations" not in quiet


def test_operator_and_grafana_get_theirs_if_wanted() -> None:
    on = {"enabled": True}
    found = _training({"podMonitor": on, "prometheusRule": on, "dashboards": on})
    selector = found.one("PodMonitor")["spec"]["selector"]
    assert selector == found.one("Deployment")["spec"]["selector"]
    alerts = {
        rule.get("alert")
        for group in found.one("PrometheusRule")["spec"]["groups"]
        for rule in group["rules"]
    }
    assert "EkibenModelPinNotReached" in alerts
    assert found.one("ConfigMap")["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert not {"PodMonitor", "PrometheusRule", "ConfigMap"} & set(_training().kinds())


def _pods(values: Mapping[str, Any] | None = None) -> list[Place]:
    found = _training(values)
    jobs = [job["spec"]["jobTemplate"]["spec"]["template"] for job in found.of("CronJob")]
    return [pod_place(pod, "games") for pod in [*jobs, found.one("Deployment")["spec"]["template"]]]


def test_all_three_reach_names_registry_and_api_server() -> None:
    policies = _training().of("NetworkPolicy")
    for pod in _pods():
        assert may_reach(policies, pod, DNS, 53)
        assert may_reach(policies, pod, REGISTRY, 5000)
        assert may_reach(policies, pod, API_SERVER, 6443)
        assert not may_reach(policies, pod, BUCKET, 9000)
        assert not may_reach(policies, pod, REGISTRY, 22)


def test_a_bucket_needs_a_rule_and_the_api_server_can_be_narrowed() -> None:
    peers = {"peers": [{"ipBlock": {"cidr": "10.0.0.1/32"}}], "ports": [6443]}
    values = {"networkPolicy": {"egress": [S3], "apiServer": peers}}
    policies = _training(values).of("NetworkPolicy")
    for pod in _pods(values):
        assert may_reach(policies, pod, BUCKET, 9000)
        assert may_reach(policies, pod, API_SERVER, 6443)
        assert not may_reach(policies, pod, BUCKET, 443)


def test_only_prometheus_gets_in_and_only_to_metrics_of_the_reconciler() -> None:
    policies = _training().of("NetworkPolicy")
    train, prune, reconciler = _pods()
    assert may_reach(policies, PROMETHEUS, reconciler, 9090)
    assert not may_reach(policies, REGISTRY, reconciler, 9090)
    assert not may_reach(policies, PROMETHEUS, train, 9090)
    assert not may_reach(policies, PROMETHEUS, prune, 9090)


def test_no_policies_if_not_wanted() -> None:
    assert _training({"networkPolicy": {"enabled": False}}).of("NetworkPolicy") == []


def test_the_test_pod_asks_the_registry_as_retention_would() -> None:
    pod = _training().one("Pod")["spec"]
    assert pod["serviceAccountName"] == "training-prune"
    assert pod["containers"][0]["args"] == ["models"]
    assert _training({"tests": {"enabled": False}}).of("Pod") == []
