"""Who scales, by what, and what happens when Prometheus is gone."""

from typing import Any

import pytest

from tests.support.helm import Object
from tests.support.inference_chart import inference

SCALERS = {"none": [], "hpa": ["HorizontalPodAutoscaler"], "keda": ["ScaledObject"]}


def _scaled_object(**keda: Any) -> Object:
    found = inference({"autoscaling": {"mode": "keda", "minReplicas": 3, "maxReplicas": 7, "keda": keda}})
    spec: Object = found.one("ScaledObject")["spec"]
    return spec


@pytest.mark.parametrize("mode", SCALERS)
def test_exactly_one_scaler_or_none(mode: str) -> None:
    kinds = inference({"autoscaling": {"mode": mode}}).kinds()
    assert [kind for kind in kinds if kind in ("HorizontalPodAutoscaler", "ScaledObject")] == SCALERS[mode]


def test_hpa_holds_pods_at_a_share_of_their_cpu() -> None:
    values = {"mode": "hpa", "minReplicas": 3, "maxReplicas": 7, "cpuUtilization": 65}
    spec = inference({"autoscaling": values}).one("HorizontalPodAutoscaler")["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "battle"}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 7)
    target = {"type": "Utilization", "averageUtilization": 65}
    assert spec["metrics"] == [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def test_scaling_is_fast_up_and_slow_down_in_both_modes() -> None:
    hpa = inference({"autoscaling": {"mode": "hpa"}}).one("HorizontalPodAutoscaler")["spec"]["behavior"]
    keda = _scaled_object()["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert hpa == keda
    assert hpa["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert hpa["scaleDown"]["stabilizationWindowSeconds"] == 300


def test_scaling_speed_can_be_changed_in_parts() -> None:
    values = {"mode": "hpa", "behavior": {"scaleDown": {"stabilizationWindowSeconds": 15}}}
    behavior = inference({"autoscaling": values}).one("HorizontalPodAutoscaler")["spec"]["behavior"]
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] == 15
    assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0


def test_keda_follows_how_busy_the_pods_of_this_release_are() -> None:
    busy, cpu = _scaled_object(busyThreshold=0.5, window="20s", prometheusAddress="http://p:9090")["triggers"]
    assert busy["type"] == "prometheus"
    assert busy["metricType"] == "AverageValue"
    assert busy["metadata"] == {
        "serverAddress": "http://p:9090",
        "query": 'sum(rate(ekiben_busy_seconds_total{namespace="games",job="battle"}[20s]))',
        "threshold": "0.5",
        "ignoreNullValues": "false",
    }
    assert cpu == {
        "type": "cpu",
        "name": "cpu",
        "metricType": "Utilization",
        "metadata": {"value": "120"},
    }


def test_keda_scales_the_deployment_between_its_bounds() -> None:
    spec = _scaled_object(pollingInterval=5)
    assert spec["scaleTargetRef"]["name"] == "battle"
    assert (spec["minReplicaCount"], spec["maxReplicaCount"], spec["pollingInterval"]) == (3, 7, 5)


def test_without_prometheus_there_are_never_fewer_pods() -> None:
    fallback = _scaled_object()["fallback"]
    assert fallback == {"failureThreshold": 3, "replicas": 3, "behavior": "currentReplicasIfHigher"}
    more = _scaled_object(fallback={"failureThreshold": 2, "replicas": 5})["fallback"]
    assert more == {"failureThreshold": 2, "replicas": 5, "behavior": "currentReplicasIfHigher"}


def test_old_keda_gets_no_fallback_that_could_scale_down() -> None:
    assert "fallback" not in _scaled_object(fallback={"behavior": ""})


def test_keda_shows_credentials_to_prometheus_if_told_to() -> None:
    busy, _ = _scaled_object(authenticationRef="prometheus")["triggers"]
    assert busy["authenticationRef"] == {"name": "prometheus"}
    assert all("authenticationRef" not in trigger for trigger in _scaled_object()["triggers"])
