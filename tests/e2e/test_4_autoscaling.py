"""A step of load adds pods within half a minute and loses nothing, neither then nor when they go again;
without Prometheus nobody scales down."""

import time
from collections.abc import Iterator

import pytest

from tests.e2e.support.figures import Figures
from tests.e2e.support.load import load
from tests.e2e.support.platform import Platform
from tests.e2e.support.prometheus import MONITORING
from tests.e2e.support.releases import Release, champion_pin, release
from tests.e2e.support.service import CALLER
from tests.e2e.support.waiting import Stopwatch, wait_until

NAME = "4 autoscaling"
SCALED = "scaled"
LIMIT = "250m"
MOST = 3
CALM_SECONDS = 30
BLIND_SECONDS = 75
VALUES = {
    "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": LIMIT}},
    "autoscaling": {
        "mode": "keda",
        "minReplicas": 1,
        "maxReplicas": MOST,
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": CALM_SECONDS}},
        "keda": {"pollingInterval": 5, "window": "20s", "fallback": {"behavior": ""}},
    },
}


@pytest.fixture(scope="module")
def scaled(platform: Platform) -> Iterator[Release]:
    with release(platform, SCALED, VALUES) as made:
        made.pin(champion_pin(platform))
        wait_until("first pod", made.service.ready, 90)
        yield made


def test_a_step_of_load_adds_pods_and_takes_them_away_without_a_lost_request(
    platform: Platform, scaled: Release, figures: Figures
) -> None:
    service = scaled.service
    wait_until("the ScaledObject is active", lambda: is_watched(platform), 60)
    assert len(service.ready()) == 1
    steps = {"modes": ("closed",), "connections": 16}
    with load(platform.cluster, CALLER, host=SCALED, key=service.key, **steps) as caller:
        watch = Stopwatch()
        wait_until("more pods wanted", lambda: service.deployment()["spec"]["replicas"] > 1, 60, 0.25)
        figures.add(NAME, "load step to more pods wanted", watch.seconds + 3, "s")
        wait_until("more pods ready", lambda: len(service.ready()) > 1, 60, 0.25)
        grown = watch.seconds + 3
        figures.add(NAME, "load step to a second pod that takes requests", grown, "s", "≤ 30 s")
        caller.wait_seconds(45)
        figures.add(NAME, "pods at the end of the step", len(service.ready()))
    busy = caller.result["closed"]
    assert busy["failures"] == {}, busy["examples"]
    figures.add(NAME, "failed while growing", f"0 of {busy['requests']}", "", "0")
    assert grown <= 30
    calm = {"modes": ("new", "kept"), "per_second": 20}
    with load(platform.cluster, CALLER, host=SCALED, key=service.key, **calm) as caller:
        watch = Stopwatch()
        wait_until("back to one pod", lambda: len(service.pods()) == 1, 180)
        figures.add(NAME, "end of the step to one pod", watch.seconds, "s")
    for mode, result in caller.result.items():
        assert result["failures"] == {}, result["examples"]
        figures.add(
            NAME, f"failed while shrinking, {mode} connections", f"0 of {result['requests']}", "", "0"
        )


def test_without_prometheus_nobody_scales_down(platform: Platform, scaled: Release, figures: Figures) -> None:
    service = scaled.service
    steps = {"modes": ("closed",), "connections": 16}
    with load(platform.cluster, CALLER, host=SCALED, key=service.key, **steps):
        wait_until("more pods ready", lambda: len(service.ready()) > 1, 90)
        before = service.deployment()["spec"]["replicas"]
        switch_prometheus(platform, 0)
    try:
        seen = []
        for _ in range(BLIND_SECONDS // 2):
            seen.append(service.deployment()["spec"]["replicas"])
            time.sleep(2)
        figures.add(
            NAME, f"pods over {BLIND_SECONDS} s without Prometheus and load", min(seen), "", f"≥ {before}"
        )
        assert min(seen) >= before
    finally:
        switch_prometheus(platform, 1)
    wait_until("back to one pod", lambda: service.deployment()["spec"]["replicas"] == 1, 180)


def is_watched(platform: Platform) -> bool:
    conditions = platform.cluster.get("scaledobject", SCALED)["status"]["conditions"]
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def switch_prometheus(platform: Platform, replicas: int) -> None:
    inside = ("--namespace", MONITORING)
    platform.cluster.kubectl("scale", "deploy/prometheus", f"--replicas={replicas}", *inside)
    if replicas:
        platform.cluster.kubectl("rollout", "status", "deploy/prometheus", "--timeout=120s", *inside)
    else:
        wait_until(
            "Prometheus is away",
            lambda: (
                not platform.cluster.items("pods", "--selector", "app.kubernetes.io/name=prometheus", *inside)
            ),
            60,
        )
