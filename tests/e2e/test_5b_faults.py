"""Things break while the registry is away as well: what callers see, how soon it is over, and that nothing is
lost for good."""

import json

import pytest

from tests.e2e.support.cluster import CommandFailed
from tests.e2e.support.faults import NAME, PER_SECOND, require_none_lost, require_well, tell, trouble
from tests.e2e.support.figures import Figures
from tests.e2e.support.load import failing_seconds, load
from tests.e2e.support.platform import STORE_CLAIM, Platform
from tests.e2e.support.pods import (
    WORKSHOP,
    kill_server,
    start_burners,
    start_node_agent,
    start_workshop,
    stop_burners,
)
from tests.e2e.support.releases import champion_pin, release
from tests.e2e.support.service import CALLER, PREDICT
from tests.e2e.support.waiting import Stopwatch, wait_until

BURNERS = 4
BURN_SECONDS = 20
MOVE = "import os, sys; os.rename(*sys.argv[1:])"
MOST_BATTLES = 10_000
ODD_CACHE = {"name": "model-cache", "emptyDir": {"medium": "Memory", "sizeLimit": "64Ki"}}


@pytest.fixture(scope="module", autouse=True)
def helpers(platform: Platform) -> None:
    start_node_agent(platform.cluster)
    start_workshop(platform.cluster, STORE_CLAIM, "ekiben-signing")


def test_killed_server_comes_back_in_its_pod(platform: Platform, figures: Figures) -> None:
    pod = platform.battle.ready()[0]

    def gone_and_back() -> None:
        wait_until("restart", lambda: restarts(platform, pod.uid) == pod.restarts + 1, 30, 0.2)

    seen = trouble(
        platform, figures, "kill -9", lambda: kill_server(platform.cluster, pod.uid), gone_and_back
    )
    for result in seen.values():
        assert set(result["failures"]) <= {"refused", "reset", "closed without an answer"}, result["failures"]
        assert failing_seconds(result) <= 5
        # At most what comes for its half of the pods while the Service still names it.
        assert result["failed"] <= PER_SECOND


def restarts(platform: Platform, uid: str) -> int:
    return sum(pod.restarts for pod in platform.battle.pods() if pod.uid == uid)


def test_deleted_pod_is_replaced_without_a_lost_request(platform: Platform, figures: Figures) -> None:
    pod = platform.battle.ready()[0].name
    seen = trouble(
        platform,
        figures,
        "pod deleted",
        lambda: platform.cluster.kubectl("delete", "pod", pod, "--wait=false"),
        lambda: None,
    )
    require_none_lost(seen)


def test_second_eviction_has_to_wait_for_the_replacement(platform: Platform, figures: Figures) -> None:
    first, second = (pod.name for pod in platform.battle.ready())
    refusals: list[str] = []

    def hurt() -> None:
        evict(platform, first)
        with pytest.raises(CommandFailed, match="disruption budget") as refused:
            evict(platform, second)
        refusals.append(str(refused.value))

    def heal() -> None:
        wait_until("leave to evict the second", lambda: evict(platform, second), 60)

    seen = trouble(platform, figures, "two evictions", hurt, heal)
    assert refusals
    require_none_lost(seen)


def evict(platform: Platform, pod: str) -> bool:
    metadata = {"name": pod, "namespace": platform.cluster.namespace}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    path = f"/api/v1/namespaces/{platform.cluster.namespace}/pods/{pod}/eviction"
    platform.cluster.kubectl("create", "--raw", path, "--filename", "-", stdin=json.dumps(eviction))
    return True


def test_store_away_stops_new_pods_only_and_its_return_heals_them(
    platform: Platform, figures: Figures
) -> None:
    """A restarted container needs the pod's cache only; a new pod has none, and waits."""
    pods = platform.battle.ready()
    folder, away = "/store/battle", "/store/battle-away"

    def hurt() -> None:
        platform.cluster.exec(WORKSHOP, "python", "-c", MOVE, folder, away)
        kill_server(platform.cluster, pods[0].uid)
        wait_until("restart", lambda: restarts(platform, pods[0].uid) == pods[0].restarts + 1, 30)
        wait_until("the restarted one serves", lambda: len(platform.battle.ready()) == 2, 60)
        platform.cluster.kubectl("delete", "pod", pods[1].name, "--wait=false")
        wait_until("a pod that waits", lambda: len(waiting(platform)) == 1, 60)

    def heal() -> None:
        platform.cluster.exec(WORKSHOP, "python", "-c", MOVE, away, folder)

    seen = trouble(platform, figures, "store away", hurt, heal)
    for result in seen.values():
        assert failing_seconds(result) <= 5


def waiting(platform: Platform) -> list[str]:
    return [pod.name for pod in platform.battle.pods() if not pod.is_ready and not pod.is_terminating]


def test_oversized_batches_are_refused_and_hurt_nobody(platform: Platform, figures: Figures) -> None:
    battle = platform.battle
    before = {pod.uid: pod.restarts for pod in battle.pods()}
    path = "/api/v1/predict/battles"
    orders = {"host": battle.name, "key": battle.key, "per_second": 100}
    with load(platform.cluster, CALLER, **orders) as caller:
        caller.phase("trouble")
        allowed = [battle.ask(path, rows=MOST_BATTLES) for _ in range(2)]
        too_many = battle.ask(path, rows=MOST_BATTLES + 1)
        too_large = battle.ask(path, padding_bytes=64 * 1024 * 1024)
    assert [answer.status for answer in allowed] == [200, 200]
    assert len(allowed[0].json["predictions"]) == MOST_BATTLES
    assert (too_many.status, too_large.status) == (422, 413)
    require_none_lost(caller.result)
    tell(figures, "oversized batches", caller.result)
    assert {pod.uid: pod.restarts for pod in battle.pods()} == before
    figures.add(NAME, "10,001 battles; 64 MiB", f"{too_many.status}; {too_large.status}", "", "no restart")
    slowest = caller.result["new"]["phases"]["trouble"]["p99_ms"]
    figures.add(NAME, "single answers beside batches of 10,000: p99", slowest, "ms")


def test_full_cache_volume_is_no_reason_not_to_serve(platform: Platform, figures: Figures) -> None:
    with release(platform, "cramped") as cramped:
        cramped.pin(champion_pin(platform))
        cramped.service.wait_settled()
        before = {pod.uid for pod in cramped.service.pods()}
        volumes = cramped.service.deployment()["spec"]["template"]["spec"]["volumes"]
        odd = [ODD_CACHE | {"name": one["name"]} if one["name"] == "cache" else one for one in volumes]
        assert odd != volumes
        patch = [{"op": "replace", "path": "/spec/template/spec/volumes", "value": odd}]
        watch = Stopwatch()
        platform.cluster.kubectl("patch", "deploy/cramped", "--type=json", "--patch", json.dumps(patch))
        cramped.service.wait_settled()
        assert before.isdisjoint(pod.uid for pod in cramped.service.pods())
        require_well(cramped.service)
        log = cramped.service.log(cramped.service.pods()[0].name)
        assert "No space left" in log, log
        figures.add(NAME, "full cache volume: new pod serves after", watch.seconds, "s")


def test_starved_of_processor_it_is_slow_but_restarts_nothing(platform: Platform, figures: Figures) -> None:
    battle = platform.battle
    before = {pod.uid: pod.restarts for pod in battle.pods()}
    orders = {"host": battle.name, "key": battle.key, "per_second": 100}
    try:
        with load(platform.cluster, CALLER, **orders) as caller:
            start_burners(platform.cluster, BURNERS)
            caller.phase("trouble")
            caller.wait_seconds(BURN_SECONDS)
            stop_burners(platform.cluster)
            caller.phase("afterwards")
    finally:
        stop_burners(platform.cluster)
    require_none_lost(caller.result)
    tell(figures, "processor starved", caller.result)
    for mode, result in caller.result.items():
        phases = result["phases"]
        said = f"{phases['steady']['p95_ms']} → {phases['trouble']['p95_ms']}"
        figures.add(NAME, f"processor starved: p95, {mode} connections", said, "ms")
    assert {pod.uid: pod.restarts for pod in battle.pods()} == before
    assert battle.ask(PREDICT).status == 200
