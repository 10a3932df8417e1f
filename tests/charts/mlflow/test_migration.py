"""A migration never runs beside servers of an older version."""

from typing import Any

import pytest

from tests.support.helm import HelmRefused, Object, render


def _spec(values: dict[str, Any] | None = None) -> Object:
    spec: Object = render("mlflow", values, release="mlflow").one("Deployment")["spec"]
    return spec


def _migrates(values: dict[str, Any] | None = None) -> str:
    (prepare,) = _spec(values)["template"]["spec"]["initContainers"]
    (value,) = [entry["value"] for entry in prepare["env"] if entry["name"] == "MIGRATE"]
    assert isinstance(value, str)
    return value


def test_old_pods_are_gone_before_new_ones_migrate() -> None:
    assert _spec()["strategy"] == {"type": "Recreate"}
    assert _migrates() == "true"


def test_rolling_updates_with_migrations_are_refused() -> None:
    with pytest.raises(HelmRefused, match="would migrate the database beside servers of the old version"):
        _spec({"strategy": "RollingUpdate"})


def test_rolling_updates_are_possible_where_one_migrates_by_hand() -> None:
    values = {"strategy": "RollingUpdate", "migration": {"enabled": False}}
    assert _spec(values)["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert _migrates(values) == "false"


def test_the_migration_is_of_the_very_image_that_then_serves() -> None:
    pod = _spec({"image": {"tag": "9"}})["template"]["spec"]
    assert {one["image"] for one in [*pod["initContainers"], *pod["containers"]]} == {
        "docker.io/ekiben/mlflow:9"
    }


def test_how_long_to_wait_for_the_database_can_be_said() -> None:
    (prepare,) = _spec({"migration": {"databaseWaitSeconds": 7}})["template"]["spec"]["initContainers"]
    assert {"name": "DATABASE_WAIT_SECONDS", "value": "7"} in prepare["env"]


def test_more_servers_need_artifacts_that_all_can_reach() -> None:
    with pytest.raises(HelmRefused, match=r"replicas: more than one server needs artifacts\.destination"):
        _spec({"replicas": 2})
    for artifacts in (
        {"destination": "s3://models/a"},
        {"persistence": {"accessModes": ["ReadWriteMany"]}},
        {"persistence": {"existingClaim": "shared"}},
    ):
        assert _spec({"replicas": 2, "artifacts": artifacts})["replicas"] == 2
