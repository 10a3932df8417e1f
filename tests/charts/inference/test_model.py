"""Where the model comes from, what pins it, whose signature counts."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.helm import Object
from tests.support.inference_chart import PIN, REGISTRY, container, deployment, environment, inference, pod

PIN_VARIABLES = {
    "EKIBEN_MODEL_URI": "uri",
    "EKIBEN_MODEL_VERSION": "version",
    "EKIBEN_MODEL_DIGEST": "digest",
}


def _volume(name: str, model: Mapping[str, Any]) -> Object | None:
    found = [item for item in pod({"model": model})["spec"]["volumes"] if item["name"] == name]
    return found[0] if found else None


def _mount(name: str, model: Mapping[str, Any]) -> Object | None:
    found = [item for item in container({"model": model})["volumeMounts"] if item["name"] == name]
    return found[0] if found else None


def _pins(template: Object) -> dict[str, str]:
    prefix = "ekiben.io/model-"
    annotations = template["metadata"]["annotations"].items()
    return {key.removeprefix(prefix): value for key, value in annotations if key.startswith(prefix)}


def test_model_of_the_image_needs_nothing_else() -> None:
    variables = environment()
    assert variables["EKIBEN_MODEL_SOURCE"] == "image"
    assert not variables.keys() & {*PIN_VARIABLES, "EKIBEN_MODEL_PUBLIC_KEY", "EKIBEN_MODEL_CACHE"}
    assert [item["name"] for item in pod()["spec"]["volumes"]] == ["tmp"]
    assert deployment()["metadata"]["labels"]["ekiben.io/rollout"] == "off"


def test_pods_read_their_pin_from_their_own_annotations() -> None:
    variables = environment({"model": REGISTRY})
    assert variables["EKIBEN_MODEL_SOURCE"] == "registry"
    for name, part in PIN_VARIABLES.items():
        assert variables[name] == {
            "fieldRef": {"fieldPath": f"metadata.annotations['ekiben.io/model-{part}']"}
        }


def test_without_a_pin_none_is_rendered_and_the_reconciler_decides() -> None:
    found = deployment({"model": REGISTRY})
    assert found["metadata"]["labels"]["ekiben.io/rollout"] == "auto"
    assert found["metadata"]["labels"]["ekiben.io/model"] == "battle"
    assert "ekiben.io/model-version" not in found["metadata"]["labels"]
    assert "ekiben.io/model-version" not in found["spec"]["template"]["metadata"]["labels"]
    assert _pins(found["spec"]["template"]) == {}


def test_a_pin_in_values_is_rendered_and_the_reconciler_keeps_away() -> None:
    found = deployment({"model": {**REGISTRY, "pin": PIN}})
    assert found["metadata"]["labels"]["ekiben.io/rollout"] == "git"
    assert found["metadata"]["labels"]["ekiben.io/model-version"] == "12"
    assert found["spec"]["template"]["metadata"]["labels"]["ekiben.io/model-version"] == "12"
    assert _pins(found["spec"]["template"]) == PIN


def test_a_pin_does_not_change_which_pods_are_selected() -> None:
    pinned = deployment({"model": {**REGISTRY, "pin": PIN}})["spec"]["selector"]
    assert pinned == deployment()["spec"]["selector"]


def test_public_key_given_as_text_becomes_a_config_map_that_restarts_pods() -> None:
    pem = "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----\n"
    model = {**REGISTRY, "publicKey": {"pem": pem, "key": "ignored.pem"}}
    assert inference({"model": model}).one("ConfigMap")["data"] == {"trainer.pub.pem": pem}
    volume = _volume("public-key", model)
    assert volume is not None
    assert volume["configMap"]["name"] == "battle-public-key"
    assert volume["configMap"]["items"] == [{"key": "trainer.pub.pem", "path": "trainer.pub.pem"}]
    changed = {**model, "publicKey": {"pem": pem.replace("abc", "abd")}}
    digests = [
        pod({"model": choice})["metadata"]["annotations"]["checksum/public-key"]
        for choice in (model, changed)
    ]
    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    ("value", "kind", "field"),
    [("configMap", "configMap", "name"), ("existingSecret", "secret", "secretName")],
)
def test_only_the_public_key_is_mounted_for_everybody_to_read(value: str, kind: str, field: str) -> None:
    model = {**REGISTRY, "publicKey": {value: "keys", "key": "trainer.pub"}}
    assert _volume("public-key", model) == {
        "name": "public-key",
        kind: {
            field: "keys",
            "defaultMode": 0o444,
            "items": [{"key": "trainer.pub", "path": "trainer.pub.pem"}],
        },
    }
    assert _mount("public-key", model) == {"name": "public-key", "mountPath": "/keys", "readOnly": True}
    assert environment({"model": model})["EKIBEN_MODEL_PUBLIC_KEY"] == "/keys/trainer.pub.pem"


def test_store_on_a_claim_is_mounted_read_only() -> None:
    model = {**REGISTRY, "store": {"existingClaim": "packages", "mountPath": "/packages"}}
    volume = _volume("store", model)
    assert volume is not None
    assert volume["persistentVolumeClaim"] == {"claimName": "packages", "readOnly": True}
    assert _mount("store", model) == {"name": "store", "mountPath": "/packages", "readOnly": True}


def test_store_credentials_become_variables() -> None:
    model = {**REGISTRY, "store": {"existingSecret": "bucket"}}
    assert container({"model": model})["envFrom"] == [{"secretRef": {"name": "bucket"}}]
    assert _volume("store", model) is None
    assert "envFrom" not in container({"model": REGISTRY})


def test_store_by_workload_identity_needs_neither_claim_nor_secret() -> None:
    model = {**REGISTRY, "store": {"workloadIdentity": True}}
    assert _volume("store", model) is None
    assert "envFrom" not in container({"model": model})


def test_cache_lies_on_the_pods_disk_or_on_a_claim() -> None:
    assert _volume("cache", REGISTRY) == {"name": "cache", "emptyDir": {"sizeLimit": "256Mi"}}
    sized = _volume("cache", {**REGISTRY, "cache": {"sizeLimit": "1Gi"}})
    assert sized == {"name": "cache", "emptyDir": {"sizeLimit": "1Gi"}}
    claimed = _volume("cache", {**REGISTRY, "cache": {"existingClaim": "kept"}})
    assert claimed == {"name": "cache", "persistentVolumeClaim": {"claimName": "kept"}}
    assert environment({"model": REGISTRY})["EKIBEN_MODEL_CACHE"] == "/cache"
    assert _mount("cache", REGISTRY) == {"name": "cache", "mountPath": "/cache"}


def test_fetch_timeout_is_handed_on() -> None:
    model = {**REGISTRY, "fetchTimeoutSeconds": 30}
    assert environment({"model": model})["EKIBEN_MODEL_FETCH_TIMEOUT_SECONDS"] == "30"
