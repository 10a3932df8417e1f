"""The parts fit together: names, Secrets, claims, addresses, and what the policies let through."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from k8s.bootstrap import trial_database_uri
from tests.support.helm import CHARTS, HelmRefused, Manifests, Object, notes, pod_specs, read_chart, render
from tests.support.network_policies import Place, may_reach, pod_place

IMAGE = {"source": "image", "publicKey": {"existingSecret": ""}, "store": {"existingClaim": ""}}
OUTSIDE = Place(address="198.51.100.7")
DNS = Place("kube-system", {"k8s-app": "kube-dns"})
PROMETHEUS = Place("monitoring", {"app": "prometheus"})
CALLER = Place("ekiben", {"ekiben.io/client": "true"})
MADE_BY_BOOTSTRAP = {
    "analyst-database",
    "ekiben-api-keys",
    "ekiben-signing",
    "ekiben-test-key",
    "mlflow-admin",
    "mlflow-client",
    "mlflow-database",
    "mlflow-flask",
    "postgresql",
}


def _platform(values: Mapping[str, Any] | None = None) -> Manifests:
    return render("platform", values, release="ekiben", namespace="ekiben")


def _places(values: Mapping[str, Any] | None = None) -> dict[str, Place]:
    """Return the pods of the release by the kind and name of what makes them."""
    return {name: pod_place(pod, "ekiben") for name, pod in pod_specs(_platform(values).objects)}


BATTLE = "Deployment/battle"
RECONCILER = "Deployment/reconciler"
MLFLOW = "Deployment/mlflow"
POSTGRESQL = "StatefulSet/postgresql"
TRAIN = "CronJob/training-battle"
PRUNE = "CronJob/training-prune-battle"


def test_names_are_short_and_none_is_used_twice() -> None:
    objects = _platform().objects
    counted = Counter((item["kind"], item["metadata"]["name"]) for item in objects)
    assert [name for name, count in counted.items() if count > 1] == []
    assert {TRAIN, PRUNE, BATTLE, RECONCILER, MLFLOW, POSTGRESQL} <= _places().keys()


def test_pods_of_different_parts_are_never_selected_by_one_selector() -> None:
    selected = {name: (place.labels["app.kubernetes.io/name"]) for name, place in _places().items()}
    counted = Counter(selected.values())
    # The test pod of training is under the policy of training on purpose.
    assert [name for name, count in counted.items() if count > 1] == ["training"]


def test_every_dependency_is_linked_and_of_the_version_that_lies_there() -> None:
    for dependency in read_chart("platform")["dependencies"]:
        linked = CHARTS / "platform/charts" / dependency["name"]
        assert linked.resolve() == CHARTS / dependency["name"]
        assert read_chart(dependency["name"])["version"] == dependency["version"]
        assert dependency["repository"] == f"file://../{dependency['name']}"


def _named_secrets(found: Any) -> set[str]:
    """Return the names of all Secrets that a manifest refers to."""
    if isinstance(found, list):
        return set().union(*(_named_secrets(part) for part in found))
    if not isinstance(found, dict):
        return set()
    names = {found["secretName"]} if "secretName" in found else set()
    for key in ("secretKeyRef", "secretRef", "secret"):
        if isinstance(found.get(key), dict) and "name" in found[key]:
            names.add(found[key]["name"])
    return names.union(*(_named_secrets(part) for part in found.values()))


def test_every_secret_is_one_that_the_bootstrap_makes() -> None:
    named = _named_secrets(list(_platform().objects))
    assert named == MADE_BY_BOOTSTRAP


def test_no_part_makes_secrets_itself() -> None:
    assert _platform().of("Secret") == []


def test_every_claim_that_is_mounted_is_made() -> None:
    found = _platform()
    made = {claim["metadata"]["name"] for claim in found.of("PersistentVolumeClaim")}
    mounted = {
        volume["persistentVolumeClaim"]["claimName"]
        for _, pod in pod_specs(found.objects)
        for volume in pod["spec"].get("volumes", [])
        if "persistentVolumeClaim" in volume
    }
    assert mounted == made == {"model-store", "mlflow-artifacts", "training-battle-data"}


def test_the_store_is_at_the_same_path_for_those_who_write_and_read() -> None:
    mounts = {}
    for name, pod in pod_specs(_platform().objects):
        for mount in pod["spec"]["containers"][0].get("volumeMounts", []):
            if mount["name"] == "store":
                mounts[name] = (mount["mountPath"], mount.get("readOnly", False))
    assert mounts[TRAIN] == mounts[PRUNE] == ("/store", False)
    assert mounts[BATTLE] == mounts[RECONCILER] == ("/store", True)


def test_the_address_of_the_trial_database_is_its_service() -> None:
    service = _platform().one("Service", "postgresql")
    port = service["spec"]["ports"][0]["port"]
    # pragma: allowlist nextline secret
    assert trial_database_uri("pw") == f"postgresql+psycopg://mlflow:pw@postgresql:{port}/mlflow"
    server = _platform().one("StatefulSet")["spec"]["template"]["spec"]["containers"][0]
    environment = {entry["name"]: entry["value"] for entry in server["env"]}
    assert (environment["POSTGRES_USER"], environment["POSTGRES_DB"]) == ("mlflow", "mlflow")


def test_the_registrys_address_is_its_service_and_an_allowed_host() -> None:
    found = _platform()
    assert found.one("Service", "mlflow")["spec"]["ports"][0]["port"] == 5000
    server = found.one("Deployment", "mlflow")["spec"]["template"]["spec"]["containers"][0]
    hosts = next(entry["value"] for entry in server["env"] if entry["name"] == "MLFLOW_SERVER_ALLOWED_HOSTS")
    assert "mlflow:5000" in hosts.split(",")
    trainer = found.one("Deployment", "reconciler")["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "EKIBEN_TRACKING_URI", "value": "http://mlflow:5000"} in trainer["env"]


def test_the_reconciler_acts_on_the_service_only_if_it_serves_from_the_registry() -> None:
    labels = _platform({"battle": {"model": IMAGE}}).one("Deployment", "battle")["metadata"]["labels"]
    assert labels["ekiben.io/rollout"] == "off"
    labels = _platform().one("Deployment", "battle")["metadata"]["labels"]
    assert (labels["ekiben.io/model"], labels["ekiben.io/rollout"]) == ("battle", "auto")


REACHES: list[tuple[str, str, int]] = [
    (TRAIN, MLFLOW, 5000),
    (PRUNE, MLFLOW, 5000),
    (RECONCILER, MLFLOW, 5000),
    (MLFLOW, POSTGRESQL, 5432),
    ("Pod/mlflow-test", MLFLOW, 5000),
    ("Pod/training-test", MLFLOW, 5000),
    ("Pod/postgresql-test", POSTGRESQL, 5432),
    ("Pod/battle-test", BATTLE, 3000),
]
PORTS = {BATTLE: (3000,), RECONCILER: (9090,), MLFLOW: (5000, 9100), POSTGRESQL: (5432, 9187)}


def test_policies_let_through_what_is_needed_and_nothing_else() -> None:
    policies, places = _platform().of("NetworkPolicy"), _places()
    found = {
        (source, target, port)
        for source in places
        for target, ports in PORTS.items()
        for port in ports
        if source != target and may_reach(policies, places[source], places[target], port)
    }
    assert found == set(REACHES)


def test_prometheus_reaches_all_metrics_and_callers_the_service() -> None:
    policies, places = _platform().of("NetworkPolicy"), _places()
    for target, port in ((BATTLE, 3000), (RECONCILER, 9090), (MLFLOW, 9100), (POSTGRESQL, 9187)):
        assert may_reach(policies, PROMETHEUS, places[target], port)
    assert may_reach(policies, CALLER, places[BATTLE], 3000)
    assert not may_reach(policies, CALLER, places[MLFLOW], 5000)


def test_the_service_reaches_names_and_nothing_else() -> None:
    policies, places = _platform().of("NetworkPolicy"), _places()
    assert may_reach(policies, places[BATTLE], DNS, 53, "UDP")
    assert not may_reach(policies, places[BATTLE], OUTSIDE, 443)


@pytest.mark.parametrize("part", ["battle", "training", "mlflow", "postgresql"])
def test_each_part_can_be_left_out(part: str) -> None:
    everything = {item["metadata"]["name"] for item in _platform().objects}
    rest = {item["metadata"]["name"] for item in _platform({"parts": {part: False}}).objects}
    assert part in everything
    assert not {name for name in rest if name == part or name.startswith(f"{part}-")}


def test_scraped_jobs_are_told_apart_by_their_name() -> None:
    jobs = {
        place.labels["app.kubernetes.io/name"]: pod["metadata"]
        .get("annotations", {})
        .get("prometheus.io/port")
        for (_, pod), place in zip(pod_specs(_platform().objects), _places().values(), strict=True)
    }
    scraped = {name: port for name, port in jobs.items() if port}
    assert scraped == {"battle": "3000", "reconciler": "9090", "mlflow": "9100", "postgresql": "9187"}


def test_the_same_mirror_serves_all_images() -> None:
    found = _platform({"global": {"imageRegistry": "mirror.example.org:5000"}})
    for name, pod in pod_specs(found.objects):
        for container in pod["spec"]["containers"]:
            assert container["image"].startswith("mirror.example.org:5000/"), name


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"batle": {}}, "batle"),
        ({"parts": {"batle": True}}, "batle"),
        ({"parts": {"battle": "yes"}}, "/parts/battle"),
        ({"battle": {"replica": 1}}, "replica"),
        ({"training": {"models": {"battle": {"train": {"schedule": "x"}}}}}, "/models/battle/train/schedule"),
        ({"mlflow": {"workers": 0}}, "/workers"),
        ({"postgresql": {"replicas": 2}}, "replicas"),
    ],
)
def test_a_wrong_value_of_any_part_is_refused_by_name(values: Object, named: str) -> None:
    with pytest.raises(HelmRefused) as refused:
        _platform(values)
    assert named in str(refused.value)


def test_notes_tell_of_the_parts_that_are_there() -> None:
    assert "cronjob/training-battle" in notes("platform", release="ekiben")
    assert "one for trials" in notes("platform", release="ekiben")
    text = notes("platform", {"parts": {"training": False, "postgresql": False}}, release="ekiben")
    assert "cronjob" not in text
    assert "trials" not in text
