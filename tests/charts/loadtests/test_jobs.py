"""The master and its workers: what they are told, and how they find each other."""

import itertools
from typing import Any

import msgspec
import pytest
import yaml

from loadtests.settings import PREFIX, LoadSettings
from loadtests.thresholds import Thresholds
from tests.support.helm import HelmRefused, Manifests, containers, notes, render

KEYED = {"auth": {"existingSecret": "load-key"}}
MARKS = {
    "steady": {
        "all": {
            "p95_milliseconds": 5,
            "p99_milliseconds": 9,
            "failure_ratio": 0.01,
            "minimum_requests_per_second": 7,
        }
    }
}


def _render(values: dict[str, Any] | None = None, release: str = "load") -> Manifests:
    return render("loadtests", values, release=release)


def _pod(role: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    template: dict[str, Any] = _render(values).one("Job", f"load-loadtests-{role}-1")["spec"]["template"]
    return template


def _arguments(role: str, values: dict[str, Any] | None = None) -> list[str]:
    arguments: list[str] = containers(_pod(role, values))[0]["args"]
    return arguments


def _environment(role: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    (container,) = containers(_pod(role, values))
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


def test_master_waits_for_all_workers_and_prints_its_report() -> None:
    arguments = _arguments("master", {"workers": {"count": 5}, "target": {"url": "http://other.games.svc"}})
    given = dict(itertools.pairwise(arguments))
    assert given["--expect-workers"] == "5"
    assert given["--host"] == "http://other.games.svc"
    assert given["--wait-seconds"] == "60"
    assert "--print-report" in arguments
    (temporary,) = containers(_pod("master"))[0]["volumeMounts"]
    assert given["--output"].startswith(f"{temporary['mountPath']}/")


def test_workers_find_the_master_of_their_own_run() -> None:
    found = _render({"workers": {"count": 3}})
    service = found.one("Service")
    assert _arguments("workers") == ["--worker-of", service["metadata"]["name"]]
    master = _pod("master")["metadata"]["labels"]
    workers = _pod("workers")["metadata"]["labels"]
    selector = service["spec"]["selector"]
    assert selector.items() <= master.items()
    assert not selector.items() <= workers.items()
    assert selector["ekiben.io/load-run"] == "1"
    assert service["spec"]["ports"] == [{"name": "locust", "port": 5557, "targetPort": "locust"}]
    assert found.one("Job", "load-loadtests-workers-1")["spec"]["parallelism"] == 3


@pytest.mark.parametrize("role", ["master", "workers"])
def test_nothing_is_started_again(role: str) -> None:
    job = _render().one("Job", f"load-loadtests-{role}-1")["spec"]
    assert (job["backoffLimit"], job["template"]["spec"]["restartPolicy"]) == (0, "Never")
    assert (job["activeDeadlineSeconds"], job["ttlSecondsAfterFinished"]) == (3600, 86400)


def test_reports_may_be_kept_for_ever() -> None:
    for job in _render({"keepSeconds": None}).of("Job"):
        assert "ttlSecondsAfterFinished" not in job["spec"]
    assert "removed" not in notes("loadtests", {"keepSeconds": None}, release="load")


def test_both_get_the_same_settings() -> None:
    load = {
        "shape": "spike",
        "users": 300,
        "durationSeconds": 90.5,
        "seed": 7,
        "connections": "kept",
        "modelVersions": ["3", "4"],
    }
    values = {"load": load, "target": {"allowHosts": ["a.example.org", "b.example.org"]}, **KEYED}
    environment = _environment("master", values)
    assert environment == _environment("workers", values)
    assert environment == {
        "EKIBEN_LOAD_SHAPE": "spike",
        "EKIBEN_LOAD_USERS": "300",
        "EKIBEN_LOAD_DURATION_SECONDS": "90.5",
        "EKIBEN_LOAD_REQUESTS_PER_SECOND_PER_USER": "10",
        "EKIBEN_LOAD_BATCH_ROWS": "100",
        "EKIBEN_LOAD_SEED": "7",
        "EKIBEN_LOAD_CONNECTIONS": "kept",
        "EKIBEN_LOAD_REQUEST_TIMEOUT_SECONDS": "10",
        "EKIBEN_LOAD_MODEL_VERSIONS": "3,4",
        "EKIBEN_LOAD_ALLOW_HOST": "a.example.org,b.example.org",
        "EKIBEN_LOAD_API_KEY": {"secretKeyRef": {"name": "load-key", "key": "api-key"}},
    }


def test_what_is_not_chosen_is_left_to_the_shape() -> None:
    environment = _environment("master")
    assert environment.keys().isdisjoint(
        {"EKIBEN_LOAD_USERS", "EKIBEN_LOAD_DURATION_SECONDS", "EKIBEN_LOAD_API_KEY"}
    )
    assert environment["EKIBEN_LOAD_CONNECTIONS"] == "new"


def test_settings_are_ones_that_the_load_tests_know() -> None:
    everything = {"load": {"users": 3, "durationSeconds": 9}, **KEYED}
    known = {PREFIX + name.upper() for name in LoadSettings.model_fields}
    assert _environment("master", everything).keys() <= known


def test_own_marks_are_mounted_where_the_master_reads_them() -> None:
    found = _render({"thresholds": MARKS})
    (mount,) = [
        one
        for one in containers(_pod("master", {"thresholds": MARKS}))[0]["volumeMounts"]
        if one["name"] != "tmp"
    ]
    arguments = _arguments("master", {"thresholds": MARKS})
    assert arguments[arguments.index("--thresholds") + 1] == f"{mount['mountPath']}/thresholds.yaml"
    (volume,) = [
        one for one in _pod("master", {"thresholds": MARKS})["spec"]["volumes"] if one["name"] != "tmp"
    ]
    assert volume["configMap"]["name"] == found.one("ConfigMap")["metadata"]["name"]
    assert len(_pod("workers", {"thresholds": MARKS})["spec"]["volumes"]) == 1


def test_own_marks_can_be_read_back() -> None:
    text = _render({"thresholds": MARKS}).one("ConfigMap")["data"]["thresholds.yaml"]
    assert msgspec.convert(yaml.safe_load(text), Thresholds)["steady"]["all"].p99_milliseconds == 9


def test_without_own_marks_nothing_is_mounted() -> None:
    assert _render().of("ConfigMap") == []
    assert "--thresholds" not in _arguments("master")


def test_notes_name_the_masters_job() -> None:
    text = notes("loadtests", KEYED, release="load")
    assert "logs -f --pod-running-timeout=5m job/load-loadtests-master-1" in text


@pytest.mark.parametrize("role", ["master", "workers"])
def test_placing_and_labels_reach_the_pods(role: str) -> None:
    values = {
        "nodeSelector": {"pool": "tools"},
        "tolerations": [{"key": "tools", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "low",
        "podAnnotations": {"note": "x"},
        "podLabels": {"team": "platform"},
        "extraEnv": {"SSL_CERT_FILE": "/certs/ca.crt"},
        role: {"resources": {"requests": {"cpu": "750m"}}},
    }
    pod = _pod(role, values)
    assert {
        name: pod["spec"][name] for name in ("nodeSelector", "tolerations", "affinity", "priorityClassName")
    } == {name: values[name] for name in ("nodeSelector", "tolerations", "affinity", "priorityClassName")}
    assert pod["metadata"]["annotations"] == {"note": "x"}
    assert pod["metadata"]["labels"].items() >= {"team": "platform", "ekiben.io/client": "true"}.items()
    assert _environment(role, values)["SSL_CERT_FILE"] == "/certs/ca.crt"
    assert containers(pod)[0]["resources"]["requests"]["cpu"] == "750m"


def test_names_fit_however_long_the_release_is() -> None:
    found = _render(release="r" * 53)
    assert all(len(item["metadata"]["name"]) <= 63 for item in found.objects)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"load": {"shape": "wavy"}}, "/load/shape"),
        ({"load": {"users": 0}}, "/load/users"),
        ({"load": {"durationSeconds": 0}}, "/load/durationSeconds"),
        ({"load": {"requestsPerSecondPerUser": 0}}, "/load/requestsPerSecondPerUser"),
        ({"load": {"batchRows": 10001}}, "/load/batchRows"),
        ({"load": {"modelVersions": [3]}}, "/load/modelVersions"),
        ({"load": {"connections": "some"}}, "/load/connections"),
        ({"target": {"url": "battle"}}, "/target/url"),
        ({"target": {"url": "http://u:p@battle"}}, "/target/url"),
        ({"target": {"allowHosts": ["http://a"]}}, "/target/allowHosts"),
        ({"workers": {"count": 0}}, "/workers/count"),
        ({"thresholds": {"wavy": {}}}, "wavy"),
        ({"thresholds": {"steady": {"all": {"p95_milliseconds": 5}}}}, "p99_milliseconds"),
        ({"keepSeconds": -1}, "/keepSeconds"),
        ({"deadlineSeconds": 0}, "/deadlineSeconds"),
        ({"podLabels": {"ekiben.io/load-role": "x"}}, "podLabels: ekiben.io/load-role"),
        ({"extraEnv": {"EKIBEN_LOAD_SEED": "2"}}, "extraEnv: EKIBEN_LOAD_SEED"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(values: dict[str, Any], message: str) -> None:
    with pytest.raises(HelmRefused, match=message):
        _render(values)
