"""The trial database: one server on a volume, with an exporter, closed to all but its clients."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.helm import HelmRefused, Manifests, Object, notes, render
from tests.support.network_policies import Place, may_reach, pod_place

MLFLOW = Place("games", {"app.kubernetes.io/name": "mlflow"})
PROMETHEUS = Place("monitoring", {"app": "prometheus"})
TEST = Place("games", {"app.kubernetes.io/name": "postgresql-test", "app.kubernetes.io/instance": "db"})
OUTSIDE = Place(address="203.0.113.7")


def _postgresql(values: Mapping[str, Any] | None = None) -> Manifests:
    return render("postgresql", values, release="db")


def _spec(values: Mapping[str, Any] | None = None) -> Object:
    spec: Object = _postgresql(values).one("StatefulSet")["spec"]
    return spec


def _container(position: int, values: Mapping[str, Any] | None = None) -> Object:
    found: Object = _spec(values)["template"]["spec"]["containers"][position]
    return found


def test_data_lies_on_a_volume_of_its_own() -> None:
    values = {"persistence": {"size": "3Gi", "storageClass": "fast", "annotations": {"a": "b"}}}
    (claim,) = _spec(values)["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "3Gi"
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["metadata"]["annotations"] == {"a": "b"}
    assert {"name": "data", "mountPath": "/var/lib/postgresql/data"} in _container(0)["volumeMounts"]


def test_without_a_volume_data_goes_with_the_pod() -> None:
    spec = _spec({"persistence": {"enabled": False}})
    assert "volumeClaimTemplates" not in spec
    assert "data" in {volume["name"] for volume in spec["template"]["spec"]["volumes"]}


def test_the_password_is_a_file() -> None:
    values = {"auth": {"existingSecret": "pw", "passwordKey": "p", "username": "u", "database": "d"}}
    environment = {entry["name"]: entry["value"] for entry in _container(0, values)["env"]}
    assert environment["POSTGRES_PASSWORD_FILE"] == "/password/p"
    assert (environment["POSTGRES_USER"], environment["POSTGRES_DB"]) == ("u", "d")
    volumes = {volume["name"]: volume for volume in _spec(values)["template"]["spec"]["volumes"]}
    assert volumes["password"]["secret"]["secretName"] == "pw"


def test_parameters_are_the_servers_arguments() -> None:
    values = {"parameters": {"max_connections": "7", "shared_buffers": None}}
    assert _container(0, values)["args"] == ["-c", "max_connections=7"]
    nothing = {"max_connections": None, "shared_buffers": None}
    assert "args" not in _container(0, {"parameters": nothing})


def test_probes_ask_whether_connections_are_taken() -> None:
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert _container(0)[probe]["exec"]["command"][0] == "pg_isready"
    patient = _container(0, {"probes": {"startup": {"failureThreshold": 500}}})
    assert patient["startupProbe"]["failureThreshold"] == 500


def test_the_exporter_logs_in_over_loopback() -> None:
    environment = {entry["name"]: entry["value"] for entry in _container(1)["env"]}
    assert environment["DATA_SOURCE_URI"] == "127.0.0.1:5432/mlflow?sslmode=disable"
    assert environment["DATA_SOURCE_PASS_FILE"] == "/password/password"


def test_without_metrics_there_is_one_container() -> None:
    template = _spec({"metrics": {"enabled": False}})["template"]
    assert len(template["spec"]["containers"]) == 1
    assert "annotations" not in template["metadata"]


def test_pods_ask_to_be_scraped_unless_told_not_to() -> None:
    assert _spec()["template"]["metadata"]["annotations"]["prometheus.io/port"] == "9187"
    assert "annotations" not in _spec({"metrics": {"annotations": False}})["template"]["metadata"]


def test_the_operator_gets_a_monitor_and_rules_if_wanted() -> None:
    found = _postgresql({"podMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}})
    assert found.one("PodMonitor")["spec"]["podMetricsEndpoints"] == [{"port": "metrics", "path": "/metrics"}]
    alerts = {
        rule.get("alert")
        for group in found.one("PrometheusRule")["spec"]["groups"]
        for rule in group["rules"]
    }
    assert "EkibenDatabaseDown" in alerts
    assert not {"PodMonitor", "PrometheusRule"} & set(_postgresql().kinds())
    with pytest.raises(HelmRefused, match="there is nothing to fetch"):
        _postgresql({"podMonitor": {"enabled": True}, "metrics": {"enabled": False}})


def _reaches(source: Place, port: int, values: Mapping[str, Any] | None = None) -> bool:
    found = _postgresql(values)
    return may_reach(found.of("NetworkPolicy"), source, pod_place(_spec(values)["template"], "games"), port)


def test_clients_and_prometheus_get_in_and_nobody_else() -> None:
    assert _reaches(MLFLOW, 5432)
    assert not _reaches(MLFLOW, 9187)
    assert _reaches(PROMETHEUS, 9187)
    assert not _reaches(PROMETHEUS, 5432)
    assert not _reaches(Place("games", {"app": "other"}), 5432)
    assert _reaches(Place("games", {"app": "other"}), 5432, {"networkPolicy": {"enabled": False}})


def test_the_test_pod_gets_in_while_there_is_one() -> None:
    assert _reaches(TEST, 5432)
    assert not _reaches(TEST, 5432, {"tests": {"enabled": False}})
    pod = _postgresql().one("Pod")
    assert pod["metadata"]["labels"].items() >= TEST.labels.items()
    assert _postgresql({"tests": {"enabled": False}}).of("Pod") == []


def test_nothing_gets_out() -> None:
    place = pod_place(_spec()["template"], "games")
    assert not may_reach(_postgresql().of("NetworkPolicy"), place, OUTSIDE, 443)


def test_the_service_leads_to_the_server() -> None:
    (port,) = _postgresql({"service": {"port": 6000}}).one("Service")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (6000, "postgresql")


def test_pods_can_be_placed_and_labelled() -> None:
    values = {"nodeSelector": {"a": "b"}, "podLabels": {"c": "d"}, "podAnnotations": {"e": "f"}}
    template = _spec({**values, "terminationGracePeriodSeconds": 90})["template"]
    assert template["spec"]["nodeSelector"] == {"a": "b"}
    assert template["metadata"]["labels"]["c"] == "d"
    assert template["metadata"]["annotations"]["e"] == "f"
    assert template["spec"]["terminationGracePeriodSeconds"] == 90


def test_notes_say_that_it_is_for_trials() -> None:
    assert "for trials" in notes("postgresql", release="db")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"replicas": 3}, "replicas"),
    ({"auth": {"password": "x"}}, "password"),
    ({"auth": {"existingSecret": ""}}, "/auth/existingSecret"),
    ({"auth": {"username": "a b"}}, "/auth/username"),
    ({"parameters": {"Max": "1"}}, "'Max' does not match"),
    ({"persistence": {"size": "much"}}, "/persistence/size"),
    ({"metrics": {"port": 5432}}, "/metrics/port"),
    ({"alerts": {"volumeFreeRatio": 2}}, "/alerts/volumeFreeRatio"),
]


@pytest.mark.parametrize(("values", "named"), REFUSED, ids=[named for _, named in REFUSED])
def test_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(HelmRefused) as refused:
        _postgresql(values)
    assert named in str(refused.value)
