"""What objects are called, and what is written on them."""

import pytest

from tests.support.helm import HelmRefused, Object
from tests.support.inference_chart import REGISTRY, deployment, inference, pod


def _labels(item: Object) -> dict[str, str]:
    labels: dict[str, str] = item["metadata"]["labels"]
    return labels


@pytest.mark.parametrize(
    ("release", "override", "name"),
    [
        ("battle", "", "battle"),
        ("eu-battle-blue", "", "eu-battle-blue"),
        ("games", "", "games-battle"),
        ("games", "arena", "arena"),
    ],
)
def test_names_join_release_and_service_unless_one_contains_the_other(
    release: str, override: str, name: str
) -> None:
    found = inference({"fullnameOverride": override}, release=release)
    assert found.one("Deployment")["metadata"]["name"] == name
    assert found.one("Service")["metadata"]["name"] == name


def test_long_names_are_cut_to_what_labels_and_names_may_have() -> None:
    found = inference({"name": "a" * 40}, release="b" * 53)
    assert len(found.one("Service")["metadata"]["name"]) == 63
    assert len(found.one("Pod")["metadata"]["name"]) <= 63


def test_two_releases_share_no_pods() -> None:
    first = inference(release="blue").one("Deployment")["spec"]["selector"]["matchLabels"]
    second = inference(release="green").one("Deployment")["spec"]["selector"]["matchLabels"]
    assert first != second


def test_service_and_deployment_mean_the_same_pods() -> None:
    found = inference()
    chosen = found.one("Service")["spec"]["selector"]
    assert chosen == found.one("Deployment")["spec"]["selector"]["matchLabels"]
    assert not chosen.items() <= _labels(found.one("Pod")).items(), "the pod of `helm test` is no server"


def test_labels_are_the_common_ones() -> None:
    assert _labels(inference().one("Service")) == {
        "app.kubernetes.io/component": "inference",
        "app.kubernetes.io/instance": "battle",
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/name": "battle",
        "app.kubernetes.io/part-of": "ekiben",
        "app.kubernetes.io/version": "0.1.0",
        "helm.sh/chart": "inference-0.1.0",
    }


def test_version_label_follows_the_image() -> None:
    assert _labels(deployment({"image": {"tag": "dev"}}))["app.kubernetes.io/version"] == "dev"


def test_a_new_version_of_the_chart_alone_restarts_no_pods() -> None:
    assert "helm.sh/chart" not in _labels(pod())


def test_users_labels_and_annotations_are_added() -> None:
    values = {
        "commonLabels": {"team": "games"},
        "podLabels": {"tier": "gold"},
        "podAnnotations": {"example.org/a": "b"},
    }
    assert all(_labels(item)["team"] == "games" for item in inference(values).objects)
    assert _labels(pod(values))["tier"] == "gold"
    assert pod(values)["metadata"]["annotations"]["example.org/a"] == "b"
    assert "tier" not in _labels(deployment(values))


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("commonLabels", "app.kubernetes.io/name"),
        ("podLabels", "app.kubernetes.io/instance"),
        ("podAnnotations", "prometheus.io/port"),
    ],
)
def test_what_the_chart_writes_itself_can_not_be_overwritten(value: str, key: str) -> None:
    with pytest.raises(HelmRefused, match=f"{value}: {key} is set by the chart itself"):
        inference({value: {key: "x"}})


def test_account_is_made_without_a_token() -> None:
    account = inference({"serviceAccount": {"annotations": {"a": "b"}}}).one("ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    assert account["metadata"]["annotations"] == {"a": "b"}
    assert pod()["spec"]["automountServiceAccountToken"] is False
    assert pod()["spec"]["serviceAccountName"] == "battle"


def test_account_can_be_named_or_someone_elses() -> None:
    assert pod({"serviceAccount": {"name": "models"}})["spec"]["serviceAccountName"] == "models"
    other = {"serviceAccount": {"create": False, "name": "shared"}}
    assert inference(other).of("ServiceAccount") == []
    assert pod(other)["spec"]["serviceAccountName"] == "shared"
    assert pod({"serviceAccount": {"create": False}})["spec"]["serviceAccountName"] == "default"


def test_platform_may_choose_users() -> None:
    values = {"securityContext": {"runAsUser": None, "runAsGroup": None, "fsGroup": None}}
    assert pod(values)["spec"]["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod()["spec"]["securityContext"]["runAsUser"] == 10001


def test_only_tmp_and_the_cache_can_be_written() -> None:
    template = pod({"model": REGISTRY, "tmp": {"sizeLimit": "1Mi"}})["spec"]
    mounts = template["containers"][0]["volumeMounts"]
    assert [mount["name"] for mount in mounts if not mount.get("readOnly")] == ["tmp", "cache"]
    assert template["volumes"][0] == {"name": "tmp", "emptyDir": {"sizeLimit": "1Mi"}}
