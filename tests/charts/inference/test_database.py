"""A service with tables of its own: its address, who brings the tables up to date, and the way there."""

from typing import Any

import pytest

from tests.support.helm import HelmRefused
from tests.support.inference_chart import container, environment, inference, pod
from tests.support.network_policies import Place, may_reach, pod_place

WITH: dict[str, Any] = {"database": {"existingSecret": "tables"}}
DATABASE = Place("games", {"app.kubernetes.io/name": "postgresql"})
CLIENT = "ekiben.io/database-client"


def _with(**values: Any) -> dict[str, Any]:
    return {"database": {"existingSecret": "tables", **values}}


def test_without_a_database_nothing_speaks_of_one() -> None:
    assert not [name for name in environment() if "DATABASE" in name]
    assert "initContainers" not in pod()["spec"]
    assert CLIENT not in pod()["metadata"]["labels"]


@pytest.mark.parametrize(
    ("values", "variable", "value"),
    [
        ({}, "EKIBEN_DATABASE_URL", {"secretKeyRef": {"name": "tables", "key": "url"}}),
        ({"key": "uri"}, "EKIBEN_DATABASE_URL", {"secretKeyRef": {"name": "tables", "key": "uri"}}),
        ({"connections": 9}, "EKIBEN_DATABASE_CONNECTIONS", "9"),
        ({"timeoutSeconds": 0.5}, "EKIBEN_DATABASE_TIMEOUT_SECONDS", "0.5"),
    ],
)
def test_database_is_what_values_say(values: dict[str, Any], variable: str, value: object) -> None:
    assert environment(_with(**values))[variable] == value


def test_tables_are_brought_up_to_date_by_the_very_image_that_then_serves() -> None:
    (migrate,) = pod({**WITH, "image": {"tag": "9"}})["spec"]["initContainers"]
    assert migrate["command"] == ["python", "-m", "bentos.core.migrate"]
    assert migrate["image"] == container({**WITH, "image": {"tag": "9"}})["image"]
    names = {entry["name"] for entry in migrate["env"]}
    assert {"EKIBEN_DATABASE_URL", "EKIBEN_DATABASE_TIMEOUT_SECONDS"} <= names
    assert [mount["name"] for mount in migrate["volumeMounts"]] == ["tmp"]


def test_who_may_not_change_tables_leaves_them_alone() -> None:
    assert "initContainers" not in pod(_with(migrate=False))["spec"]
    assert "EKIBEN_DATABASE_URL" in environment(_with(migrate=False))


@pytest.mark.parametrize(
    ("peers", "port", "reached"),
    [({}, 5432, True), ({"peers": []}, 5432, False), ({"port": 6432}, 6432, True)],
)
def test_the_way_to_the_database_is_open_as_far_as_it_is_said(
    peers: dict[str, Any], port: int, reached: bool
) -> None:
    found = inference({**WITH, "networkPolicy": {"database": peers}})
    place = pod_place(found.one("Deployment")["spec"]["template"], "games")
    policies = found.of("NetworkPolicy")
    assert may_reach(policies, place, DATABASE, port) is reached
    assert not may_reach(policies, place, DATABASE, 9187)


def test_a_service_without_tables_reaches_no_database() -> None:
    found = inference()
    place = pod_place(found.one("Deployment")["spec"]["template"], "games")
    assert not may_reach(found.of("NetworkPolicy"), place, DATABASE, 5432)


def test_pods_bear_the_label_that_lets_them_in() -> None:
    assert pod(WITH)["metadata"]["labels"][CLIENT] == "true"
    selector = inference(WITH).one("Deployment")["spec"]["selector"]["matchLabels"]
    assert CLIENT not in selector, "a selector may never change"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"connections": 0}, "/database/connections"),
        ({"timeoutSeconds": 0}, "/database/timeoutSeconds"),
        ({"migrate": "yes"}, "/database/migrate"),
        ({"url": "postgresql://user:password@host/database"}, "url"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(HelmRefused) as refused:
        inference(_with(**values))
    assert named in str(refused.value)
