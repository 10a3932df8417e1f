"""A model that must not serve never takes a request, whoever pins it, and the pods before it go on."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.e2e.support.figures import Figures
from tests.e2e.support.load import load
from tests.e2e.support.platform import STORE_CLAIM, Platform
from tests.e2e.support.pods import WORKSHOP, start_workshop
from tests.e2e.support.releases import Pin, Release, champion_pin, release
from tests.e2e.support.service import CALLER, Service
from tests.e2e.support.waiting import Stopwatch, wait_until

NAME = "5 bad models"
FORGER = "tests/e2e/support/forger.py"
WATCHED_SECONDS = 20
SAYS = {
    "corrupt": "model.onnx",
    "unsigned": "no signature",
    "foreign": "signed by key",
    "wrong": "self-test",
    "crashing": "",
    "slow": "",
}
"""Kinds of bad models, and what the log of a pod that was given one says."""


@pytest.fixture(scope="module")
def careful(platform: Platform) -> Iterator[Release]:
    """A service whose pins are kept in Git, with the shipped model."""
    start_workshop(platform.cluster, STORE_CLAIM, "ekiben-signing")
    with release(platform, "careful", {"resources": {"limits": {"cpu": "500m"}}}) as made:
        made.pin(champion_pin(platform))
        made.service.wait_settled()
        wait_until("an answer through the new Service", lambda: made.service.ask().status == 200, 30)
        yield made


def forge(platform: Platform, kind: str) -> Pin:
    """Put a bad package into the store, as somebody who got hold of it could."""
    good = champion_pin(platform)
    source = (platform.cluster.root / FORGER).read_text()
    pin: Pin = json.loads(platform.cluster.exec(WORKSHOP, "python", "-c", source, kind, good["uri"]))
    return pin


def test_pins_in_git_are_left_alone_by_the_reconciler(careful: Release) -> None:
    deployment = careful.service.deployment()
    assert deployment["metadata"]["labels"]["ekiben.io/rollout"] == "git"
    answer = careful.service.ask()
    assert (answer.status, answer.json["model_version"]) == (200, careful.service.pinned())
    managers = {entry["manager"] for entry in deployment["metadata"].get("managedFields", [])}
    assert "ekiben-rollout" not in managers


@pytest.mark.parametrize("kind", SAYS)
def test_bad_model_takes_no_request(
    platform: Platform, careful: Release, figures: Figures, kind: str
) -> None:
    service, good = careful.service, champion_pin(platform)
    bad = forge(platform, kind)
    with load(platform.cluster, CALLER, host=service.name, key=service.key, per_second=50) as caller:
        careful.pin(bad)
        new = wait_until("the pod with the bad model", lambda: pods_of(service, kind), 30)[0]
        wait_until("its end or its silence", lambda: has_shown_itself(service, new, kind), 60)
        time.sleep(WATCHED_SECONDS if kind == "slow" else 1)
        assert [pod.version for pod in service.ready()] == [good["version"]]
        log = service.log(new, "--tail=50") + previous_log(service, new)
        assert SAYS[kind] in log, log
        watch = Stopwatch()
        careful.pin(good)
        service.wait_settled()
        recovered = watch.seconds
    for result in caller.result.values():
        assert result["failures"] == {}, result["examples"]
        assert set(result["versions"]) == {good["version"]}
    requests = sum(result["requests"] for result in caller.result.values())
    figures.add(NAME, f"{kind}: requests failed, or answered by it", f"0 of {requests}", "", "0")
    figures.add(NAME, f"{kind}: good pin back to settled", recovered, "s")


def pods_of(service: Service, version: str) -> list[str]:
    return [pod.name for pod in service.pods() if pod.version == version and not pod.is_terminating]


def has_shown_itself(service: Service, pod: str, kind: str) -> bool:
    """Whether a pod has done what models of this kind make it do: end, or never come to an end."""
    described = service.cluster.get("pod", pod)["status"].get("containerStatuses", [{}])[0]
    if kind == "slow":
        return "running" in described.get("state", {})
    return bool(described.get("restartCount", 0)) or "terminated" in described.get("state", {})


def previous_log(service: Service, pod: str) -> str:
    try:
        return service.log(pod, "--previous", "--tail=50")
    except RuntimeError:
        return ""
