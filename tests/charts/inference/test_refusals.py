"""Values that make no sense are refused, by name, before anything is installed."""

from typing import Any

import pytest

from tests.support.helm import HelmRefused, render
from tests.support.inference_chart import PIN, REGISTRY, inference

WITHOUT_KEY = {**REGISTRY, "publicKey": {}}

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": "Battle"}, "/name"),
    ({"nmae": "battle"}, "nmae"),
    ({"global": {"registry": "x"}}, "registry"),
    ({"fullnameOverride": "a_b"}, "/fullnameOverride"),
    ({"commonLabels": {"a b": "c"}}, "'a b' does not match"),
    ({"commonLabels": {"a": "b c"}}, "/commonLabels/a"),
    ({"image": {"tag": "latest"}}, "/image/tag"),
    ({"image": {"digest": "sha256:12"}}, "/image/digest"),
    ({"image": {"repository": "Battle"}}, "/image/repository"),
    ({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy"),
    ({"model": {"source": "mlflow"}}, "/model/source"),
    ({"model": {"source": "registry"}}, "/model/publicKey/existingSecret"),
    ({"model": WITHOUT_KEY}, "/model/publicKey/pem"),
    ({"model": {**REGISTRY, "store": {}}}, "/model/store/existingClaim"),
    ({"model": {**REGISTRY, "publicKey": {"configMap": "a", "existingSecret": "b"}}}, "existingSecret"),
    (
        # pragma: allowlist nextline secret
        {"model": {**REGISTRY, "publicKey": {"pem": "-----BEGIN PRIVATE KEY-----"}}},
        "/model/publicKey/pem",
    ),
    ({"model": {**REGISTRY, "pin": {"uri": "/store/battle/12"}}}, "/model/pin/digest"),
    ({"model": {**REGISTRY, "pin": {**PIN, "digest": "12"}}}, "/model/pin/digest"),
    ({"model": {**REGISTRY, "pin": {**PIN, "version": "a b"}}}, "/model/pin/version"),
    ({"model": {"pin": PIN}}, "/model/pin/uri"),
    (
        {"model": {**REGISTRY, "store": {"existingClaim": "a", "mountPath": "/cache"}}},
        "/model/store/mountPath",
    ),
    ({"model": {"cache": {"sizeLimit": "big"}}}, "/model/cache/sizeLimit"),
    ({"model": {"threads": 0}}, "/model/threads"),
    ({"model": {"fetchTimeoutSeconds": 700}}, "model.fetchTimeoutSeconds"),
    ({"auth": {"enabled": True}}, "/auth/existingSecret"),
    ({"auth": {"existingSecret": "k", "key": ""}}, "/auth/key"),
    ({"server": {"drainSeconds": 0}}, "/server/drainSeconds"),
    ({"server": {"lingerSeconds": -1}}, "/server/lingerSeconds"),
    ({"log": {"level": "loud"}}, "/log/level"),
    ({"log": {"accessSample": 2}}, "/log/accessSample"),
    ({"extraEnv": [{"name": "A", "value": "b"}]}, "/extraEnv"),
    ({"extraEnv": {"A": 1}}, "/extraEnv/A"),
    ({"extraEnv": {"A": {"valueFrom": {"secretRef": "x"}}}}, "/extraEnv/A"),
    ({"preStopSleepSeconds": -1}, "/preStopSleepSeconds"),
    ({"replicas": -1}, "/replicas"),
    ({"resources": {"limits": {"cpu": "fast"}}}, "/resources/limits/cpu"),
    ({"resources": {"limit": {}}}, "limit"),
    ({"probes": {"startup": {"path": "/"}}}, "path"),
    ({"autoscaling": {"mode": ["hpa", "keda"]}}, "/autoscaling/mode"),
    ({"autoscaling": {"hpa": {"enabled": True}, "keda": {"enabled": True}}}, "enabled"),
    ({"autoscaling": {"minReplicas": 0}}, "/autoscaling/minReplicas"),
    ({"autoscaling": {"mode": "hpa", "minReplicas": 20}}, "autoscaling.minReplicas"),
    ({"autoscaling": {"mode": "hpa"}, "resources": {"requests": {"cpu": None}}}, "/resources/requests"),
    ({"autoscaling": {"keda": {"busyThreshold": 1.5}}}, "/autoscaling/keda/busyThreshold"),
    ({"autoscaling": {"keda": {"window": "1"}}}, "/autoscaling/keda/window"),
    ({"autoscaling": {"keda": {"fallback": {"behavior": "shrink"}}}}, "/autoscaling/keda/fallback/behavior"),
    ({"pdb": {"maxUnavailable": 0}}, "/pdb/maxUnavailable"),
    ({"pdb": {"maxUnavailable": "0%"}}, "/pdb/maxUnavailable"),
    ({"pdb": {"minAvailable": 1}}, "minAvailable"),
    ({"topologySpread": {"zone": "Never"}}, "/topologySpread/zone"),
    ({"securityContext": {"runAsUser": 0}}, "/securityContext/runAsUser"),
    ({"securityContext": {"privileged": True}}, "privileged"),
    ({"service": {"type": "ExternalName"}}, "/service/type"),
    ({"service": {"port": 70000}}, "/service/port"),
    ({"grpc": {"port": 0}}, "/grpc/port"),
    ({"grpc": {"enabled": True, "port": 80}}, "grpc.port: 80 is service.port too"),
    ({"httpRoute": {"enabled": True}}, "/httpRoute/parentRefs"),
    ({"ingress": {"enabled": True}}, "/ingress/hosts"),
    ({"networkPolicy": {"callers": [{}]}}, "/networkPolicy/callers/0"),
    ({"networkPolicy": {"store": {"peers": [{"ipBlock": {"cidr": "example.org"}}]}}}, "cidr"),
    ({"networkPolicy": {"egress": [{"toFQDNs": []}]}}, "toFQDNs"),
    ({"podMonitor": {"enabled": True}, "serviceMonitor": {"enabled": True}}, "/serviceMonitor/enabled"),
    ({"podMonitor": {"interval": "often"}}, "/podMonitor/interval"),
    ({"alerts": {"disabled": ["NoSuchAlert"]}}, "/alerts/disabled/0"),
    ({"alerts": {"lowConfidence": 0.61}}, "/alerts/lowConfidence"),
    ({"tests": {"path": "api"}}, "/tests/path"),
]


@pytest.mark.parametrize(("values", "named"), REFUSED, ids=[str(values) for values, _ in REFUSED])
def test_value_is_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(HelmRefused) as refusal:
        inference(values)
    assert named in str(refusal.value)


def test_a_release_without_keys_says_which_secret_is_missing() -> None:
    with pytest.raises(HelmRefused, match="/auth/existingSecret"):
        render("inference")
