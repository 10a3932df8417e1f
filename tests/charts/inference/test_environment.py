"""What the process in a pod is told, and that the chart knows no setting that the process does not."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.helm import ROOT, HelmRefused
from tests.support.inference_chart import REGISTRY, container, environment, pod

LIMIT = {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1"}}
REQUEST = {"resourceFieldRef": {"resource": "requests.cpu", "divisor": "1"}}


def test_every_variable_is_a_setting_that_is_documented() -> None:
    known = set(re.findall(r"`(EKIBEN_\w+)`", Path(ROOT / "docs/settings.md").read_text()))
    values = {"model": REGISTRY, "database": {"existingSecret": "tables"}, "grpc": {"enabled": True}}
    used = {name for name in environment(values) if name.startswith("EKIBEN_")}
    assert used - known == set()


@pytest.mark.parametrize(
    ("values", "variable", "value"),
    [
        ({"server": {"host": "::"}}, "EKIBEN_SERVER_HOST", "::"),
        ({"server": {"keepAliveSeconds": 90}}, "EKIBEN_SERVER_KEEP_ALIVE_SECONDS", "90"),
        ({"server": {"lingerSeconds": 2.5}}, "EKIBEN_SERVER_LINGER_SECONDS", "2.5"),
        ({"server": {"drainSeconds": 30}}, "EKIBEN_SERVER_DRAIN_SECONDS", "30"),
        ({"server": {"workerThreads": 4}}, "EKIBEN_SERVER_WORKER_THREADS", "4"),
        ({"server": {"mostWaiting": 4}}, "EKIBEN_SERVER_MOST_WAITING", "4"),
        ({"server": {"queueBudgetSeconds": 0.05}}, "EKIBEN_SERVER_QUEUE_BUDGET_SECONDS", "0.05"),
        ({"server": {"mostInFlight": 0}}, "EKIBEN_SERVER_MOST_IN_FLIGHT", "0"),
        ({"server": {"mostConnections": 500}}, "EKIBEN_SERVER_MOST_CONNECTIONS", "500"),
        ({"server": {"rateLimitPerKey": "100/second"}}, "EKIBEN_RATE_LIMIT_PER_KEY", "100/second"),
        ({"log": {"level": "debug"}}, "EKIBEN_LOG_LEVEL", "debug"),
        ({"log": {"accessSample": 0.5}}, "EKIBEN_LOG_ACCESS_SAMPLE", "0.5"),
    ],
)
def test_settings_become_variables(values: dict[str, Any], variable: str, value: str) -> None:
    assert environment(values)[variable] == value


def test_service_and_keys_decide_unless_a_value_does() -> None:
    assert {"EKIBEN_SERVER_MOST_IN_FLIGHT", "EKIBEN_RATE_LIMIT_PER_KEY"} & set(environment()) == set()


def test_process_listens_on_the_port_that_the_service_targets() -> None:
    assert environment()["EKIBEN_SERVER_PORT"] == "3000"
    assert container()["ports"] == [{"name": "http", "containerPort": 3000, "protocol": "TCP"}]


def test_callers_need_a_key_from_the_secret() -> None:
    variables = environment({"auth": {"existingSecret": "keys", "key": "accepted"}})
    assert variables["EKIBEN_AUTH_MODE"] == "on"
    assert variables["EKIBEN_AUTH_KEY_DIGESTS"] == {"secretKeyRef": {"name": "keys", "key": "accepted"}}


def test_without_auth_no_secret_is_read() -> None:
    variables = environment({"auth": {"enabled": False}})
    assert variables["EKIBEN_AUTH_MODE"] == "off"
    assert "EKIBEN_AUTH_KEY_DIGESTS" not in variables


@pytest.mark.parametrize("variable", ["EKIBEN_MODEL_THREADS", "OMP_NUM_THREADS"])
def test_threads_follow_the_cpu_limit_or_else_the_request(variable: str) -> None:
    assert environment()[variable] == LIMIT
    assert environment({"resources": {"limits": {"cpu": None}}})[variable] == REQUEST
    assert environment({"model": {"threads": 3}})[variable] == "3"


def test_threads_have_to_be_said_where_resources_name_no_cpu() -> None:
    with pytest.raises(HelmRefused, match=r"model\.threads"):
        environment({"resources": {"limits": {"cpu": None}, "requests": {"cpu": None}}})


def test_further_variables_are_added_with_their_sources() -> None:
    secret = {"valueFrom": {"secretKeyRef": {"name": "proxy", "key": "url"}}}
    variables = environment({"extraEnv": {"NO_PROXY": ".svc", "HTTPS_PROXY": secret, "GONE": None}})
    assert variables["NO_PROXY"] == ".svc"
    assert variables["HTTPS_PROXY"] == secret["valueFrom"]
    assert "GONE" not in variables


@pytest.mark.parametrize("variable", ["EKIBEN_LOG_LEVEL", "OMP_NUM_THREADS", "EKIBEN_AUTH_KEY_DIGESTS"])
def test_a_variable_of_the_chart_can_not_be_set_twice(variable: str) -> None:
    with pytest.raises(HelmRefused, match=f"extraEnv: {variable} is set by the chart itself"):
        environment({"extraEnv": {variable: "x"}})


def test_the_image_starts_the_service_of_that_name() -> None:
    found = container({"name": "sentiment"})
    assert found["args"] == ["sentiment"]
    assert "command" not in found


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({}, "docker.io/ekiben/battle:0.1.0"),
        ({"tag": "dev"}, "docker.io/ekiben/battle:dev"),
        ({"tag": "dev", "digest": "sha256:" + "ab" * 32}, "docker.io/ekiben/battle@sha256:" + "ab" * 32),
        ({"repository": "example.org/battle"}, "example.org/battle:0.1.0"),
    ],
)
def test_image_is_named_by_digest_or_tag_or_version(image: dict[str, str], reference: str) -> None:
    assert container({"image": image})["image"] == reference


@pytest.mark.parametrize(
    ("repository", "reference"),
    [
        ("docker.io/ekiben/battle", "mirror:5000/ekiben/battle:0.1.0"),
        ("localhost/battle", "mirror:5000/battle:0.1.0"),
        ("registry:443/team/battle", "mirror:5000/team/battle:0.1.0"),
        ("ekiben/battle", "mirror:5000/ekiben/battle:0.1.0"),
        ("battle", "mirror:5000/battle:0.1.0"),
    ],
)
def test_a_mirror_replaces_only_the_registry(repository: str, reference: str) -> None:
    values = {"global": {"imageRegistry": "mirror:5000/"}, "image": {"repository": repository}}
    assert container(values)["image"] == reference


def test_pull_secrets_of_all_charts_and_of_this_one_are_used_once() -> None:
    values = {"global": {"imagePullSecrets": ["all"]}, "image": {"pullSecrets": ["own", "all"]}}
    assert pod(values)["spec"]["imagePullSecrets"] == [{"name": "all"}, {"name": "own"}]
    assert "imagePullSecrets" not in pod()["spec"]


def test_pull_policy_and_resources_are_handed_on() -> None:
    found = container({"image": {"pullPolicy": "Never"}, "resources": {"limits": {"memory": "1Gi"}}})
    assert found["imagePullPolicy"] == "Never"
    assert found["resources"]["limits"]["memory"] == "1Gi"
    assert found["resources"]["requests"]["cpu"] == "500m"
