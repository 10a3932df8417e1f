"""Every environment's values file makes a release, and says of it what that environment is for."""

import pytest
import yaml

from tests.support.helm import CHARTS, Manifests, containers, pod_specs, render

VALUES = CHARTS.parent / "k8s/values"
ENVIRONMENTS = sorted(path.stem for path in VALUES.glob("*.yaml"))


def release(environment: str) -> Manifests:
    return render("platform", files=(VALUES / f"{environment}.yaml",), release="ekiben", namespace="ekiben")


def of_kind(environment: str, kind: str) -> set[str]:
    return {item["metadata"]["name"] for item in release(environment).objects if item["kind"] == kind}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_service_follows_the_registry_in_every_environment(environment: str) -> None:
    pods = dict(pod_specs(release(environment).objects))
    (container,) = containers(pods["Deployment/battle"])
    settings = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert settings["EKIBEN_MODEL_SOURCE"] == "registry"


@pytest.mark.parametrize(
    ("environment", "own_database", "scaled_by"),
    [
        ("dev", True, None),
        ("staging", True, "HorizontalPodAutoscaler"),
        ("production", False, "ScaledObject"),
    ],
)
def test_environment_has_its_database_and_its_way_of_scaling(
    environment: str, own_database: bool, scaled_by: str | None
) -> None:
    assert ("postgresql" in of_kind(environment, "StatefulSet")) == own_database
    scalers = {kind for kind in ("HorizontalPodAutoscaler", "ScaledObject") if of_kind(environment, kind)}
    assert scalers == ({scaled_by} if scaled_by else set())


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_what_matters_is_watched_by_the_operator_and_only_once(environment: str) -> None:
    watched = of_kind(environment, "PodMonitor")
    assert {"battle", "mlflow", "reconciler"} <= watched
    assert {"battle", "training", "mlflow"} <= of_kind(environment, "PrometheusRule")
    annotated = [
        item["metadata"]["name"]
        for item in release(environment).objects
        if item["kind"] in ("Deployment", "StatefulSet")
        and "prometheus.io/scrape" in (item["spec"]["template"]["metadata"].get("annotations") or {})
    ]
    assert annotated == []


def test_production_keeps_models_in_a_bucket_and_people_promote() -> None:
    assert of_kind("production", "PersistentVolumeClaim") == set()
    text = (VALUES / "production.yaml").read_text()
    assert yaml.safe_load(text)["training"]["promotion"] == "manual"
    assert "s3://" in text
