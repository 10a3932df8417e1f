"""`skaffold.yaml` is what skaffold takes, and every profile chooses one values file and one named context."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft7Validator

from k8s.deploy import IMAGES as DEPLOYED
from k8s.images.catalogue import IMAGES, Naming

ROOT = Path(__file__).parents[3]
PROFILES = ("dev", "staging", "production")


@pytest.fixture(scope="module")
def config() -> Any:
    return yaml.safe_load((ROOT / "skaffold.yaml").read_text())


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    content = json.loads((ROOT / "tests/data/skaffold-v4beta13.schema.json").read_text())
    return Draft7Validator(content)


def test_configuration_follows_the_schema(config: Any, schema: Draft7Validator) -> None:
    assert [error.message for error in schema.iter_errors(config)] == []


@pytest.mark.parametrize(
    "change",
    [
        {"build": {"artifacts": [{"image": "x"}]}},
        {"deploy": {"helm": {"release": []}}},
        {"profiles": [{"name": "x", "patches": [{"op": "add", "path": "/build/artifacts/0", "value": 1}]}]},
        {"apiVersion": "skaffold/v2beta29"},
    ],
)
def test_mistake_does_not_follow_the_schema(
    config: Any, schema: Draft7Validator, change: dict[str, Any]
) -> None:
    assert not schema.is_valid({**copy.deepcopy(config), **change})


def test_each_profile_only_chooses_a_values_file_and_a_context(config: Any) -> None:
    profiles = {profile["name"]: profile for profile in config["profiles"]}
    assert tuple(profiles) == PROFILES
    for name, profile in profiles.items():
        assert set(profile) == {"name", "deploy"}
        assert profile["deploy"]["kubeContext"] == f"ekiben-{name}"
        (release,) = profile["deploy"]["helm"]["releases"]
        assert release.pop("valuesFiles") == [f"k8s/values/{name}.yaml"]
        assert release == config[".release"]


def test_without_a_profile_it_is_dev(config: Any) -> None:
    (release,) = config["deploy"]["helm"]["releases"]
    assert release["valuesFiles"] == ["k8s/values/dev.yaml"]
    assert config["deploy"]["kubeContext"] == "ekiben-dev"


def test_files_that_it_names_are_there(config: Any) -> None:
    job = config["verify"][0]["executionMode"]["kubernetesCluster"]["jobManifestPath"]
    named = [*(f"k8s/values/{name}.yaml" for name in PROFILES), config[".release"]["chartPath"], job]
    patterns = [
        path
        for artifact in config["build"]["artifacts"]
        for path in artifact["custom"]["dependencies"]["paths"]
    ]
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert [path for path in patterns if not any(ROOT.glob(path))] == []


def test_every_image_of_the_platform_is_built_and_given_to_the_chart(config: Any) -> None:
    artifacts = {
        artifact["image"]: artifact["custom"]["buildCommand"] for artifact in config["build"]["artifacts"]
    }
    assert set(artifacts) == {Naming().reference(name).rpartition(":")[0] for name in DEPLOYED.values()}
    for part, name in DEPLOYED.items():
        assert name in IMAGES
        assert f"build {name} --reference" in artifacts[f"docker.io/ekiben/{name}"]
        variable = re.sub(r"\W", "_", f"docker.io/ekiben/{name}")
        given = config[".release"]["setValueTemplates"]
        assert given[f"{part}.image.repository"] == f"{{{{.IMAGE_REPO_{variable}}}}}"
        assert given[f"{part}.image.tag"] == f"{{{{.IMAGE_TAG_{variable}}}}}"


def test_check_in_the_cluster_runs_under_the_strictest_pod_security() -> None:
    job = yaml.safe_load((ROOT / "k8s/skaffold/verify-job.yaml").read_text())
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert job["spec"]["template"]["metadata"]["labels"]["ekiben.io/client"] == "true"
