"""The language model in pods of its own."""

from collections.abc import Mapping
from typing import Any

import pytest

from bentos.analyst import settings
from tests.support.helm import HelmRefused, Manifests, Object, notes, render

LIMIT = {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1"}}
REQUEST = {"resourceFieldRef": {"resource": "requests.cpu", "divisor": "1"}}


def _analyst(llm: Mapping[str, Any] | None = None) -> Manifests:
    return render("analyst", {"llm": {"enabled": True, **(llm or {})}}, release="analyst-data")


def _template(llm: Mapping[str, Any] | None = None) -> Object:
    template: Object = _analyst(llm).one("Deployment")["spec"]["template"]
    return template


def _container(llm: Mapping[str, Any] | None = None) -> Object:
    (found,) = _template(llm)["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def _environment(llm: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in _container(llm)["env"]}


def test_there_is_none_unless_it_is_asked_for() -> None:
    kinds = render("analyst", release="analyst-data").kinds()
    assert not {"Deployment", "Service", "PodDisruptionBudget"} & set(kinds)
    assert {"Deployment", "Service", "PodDisruptionBudget"} <= set(_analyst().kinds())


def test_the_service_leads_to_the_port_on_which_it_listens() -> None:
    (port,) = _analyst().one("Service", "analyst-llm")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (3200, "http")
    assert _container()["ports"] == [{"name": "http", "containerPort": 3200, "protocol": "TCP"}]
    environment = _environment()
    assert (environment["EKIBEN_LLM_HOST"], environment["EKIBEN_LLM_PORT"]) == ("0.0.0.0", "3200")


def test_every_variable_is_one_of_its_settings() -> None:
    known = {f"EKIBEN_LLM_{field.upper()}" for field in settings.LlmSettings.model_fields}
    assert _environment().keys() <= known


def test_threads_follow_the_cpu_limit_or_else_the_request() -> None:
    assert _environment()["EKIBEN_LLM_THREADS"] == LIMIT
    assert _environment({"resources": {"limits": {"cpu": None}}})["EKIBEN_LLM_THREADS"] == REQUEST
    assert _environment({"threads": 3})["EKIBEN_LLM_THREADS"] == "3"
    with pytest.raises(HelmRefused, match=r"llm\.threads"):
        _analyst({"resources": {"limits": {"cpu": None}, "requests": {"cpu": None}}})


@pytest.mark.parametrize("probe", ["startup", "readiness", "liveness"])
def test_probes_ask_for_its_health(probe: str) -> None:
    values = {"probes": {probe: {"periodSeconds": 7, "timeoutSeconds": 3, "failureThreshold": 9}}}
    found = _container(values)[f"{probe}Probe"]
    assert found["httpGet"] == {"path": "/health", "port": "http"}
    assert (found["periodSeconds"], found["timeoutSeconds"], found["failureThreshold"]) == (7, 3, 9)


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({}, "docker.io/ekiben/llm:0.1.0"),
        ({"tag": "dev"}, "docker.io/ekiben/llm:dev"),
        ({"digest": "sha256:" + "ab" * 32}, "docker.io/ekiben/llm@sha256:" + "ab" * 32),
    ],
)
def test_it_has_an_image_of_its_own(image: dict[str, str], reference: str) -> None:
    assert _container({"image": image})["image"] == reference
    assert _template({"image": {"pullSecrets": ["own"]}})["spec"]["imagePullSecrets"] == [{"name": "own"}]
    tagged = _template({"image": {"tag": "dev"}})["metadata"]["labels"]["app.kubernetes.io/version"]
    assert tagged == "dev"


def test_pods_are_as_many_and_as_large_as_asked_and_spread() -> None:
    values = {"replicas": 3, "resources": {"limits": {"memory": "2Gi"}}, "topologySpread": {"zone": ""}}
    found = _analyst(values).one("Deployment")["spec"]
    assert found["replicas"] == 3
    assert found["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] == "2Gi"
    (constraint,) = found["template"]["spec"]["topologySpreadConstraints"]
    assert constraint["topologyKey"] == "kubernetes.io/hostname"
    nowhere = _template({"topologySpread": {"zone": "", "hostname": ""}})
    assert "topologySpreadConstraints" not in nowhere["spec"]


def test_new_pods_come_before_old_ones_go() -> None:
    strategy = _analyst().one("Deployment")["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxSurge": 1, "maxUnavailable": 0}


def test_pods_bear_what_is_put_on_them() -> None:
    found = _template({"podLabels": {"a": "b"}, "podAnnotations": {"c": "d"}})["metadata"]
    assert found["labels"]["a"] == "b"
    assert found["annotations"] == {"c": "d"}
    assert "annotations" not in _template()["metadata"]


def test_variables_of_ones_own_are_added_and_never_replace() -> None:
    assert _environment({"extraEnv": {"A": "b"}})["A"] == "b"
    with pytest.raises(HelmRefused, match=r"llm\.extraEnv: EKIBEN_LLM_PORT is set by the chart"):
        _analyst({"extraEnv": {"EKIBEN_LLM_PORT": "1"}})


def test_the_budget_can_be_other_or_none() -> None:
    assert _analyst().one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    assert (
        _analyst({"pdb": {"maxUnavailable": "50%"}}).one("PodDisruptionBudget")["spec"]["maxUnavailable"]
        == "50%"
    )
    assert _analyst({"pdb": {"enabled": False}}).of("PodDisruptionBudget") == []


def test_notes_say_where_it_is_asked() -> None:
    told = notes("analyst", {"llm": {"enabled": True}}, release="analyst-data")
    assert "http://analyst-llm:3200/v1" in told


@pytest.mark.parametrize(
    ("llm", "named"),
    [
        ({"replicas": -1}, "/llm/replicas"),
        ({"threads": 0}, "/llm/threads"),
        ({"image": {"tag": "latest"}}, "/llm/image/tag"),
        ({"pdb": {"maxUnavailable": 0}}, "/llm/pdb/maxUnavailable"),
        ({"port": 1}, "port"),
    ],
)
def test_refused_by_name(llm: dict[str, Any], named: str) -> None:
    with pytest.raises(HelmRefused) as refused:
        _analyst(llm)
    assert named in str(refused.value)
