"""Events are told once, again after a while, and never the reason that something fails."""

import time

import pytest

from tests.support.apiserver import ApiServer
from tests.support.cluster import add_deployment, connect, events, read
from training.rollout.events import REPEAT_SECONDS, Events
from training.rollout.objects import Deployment


@pytest.fixture
def deployment(server: ApiServer) -> Deployment:
    add_deployment(server)
    return read(server)


def test_event_names_its_deployment_and_who_tells(server: ApiServer, deployment: Deployment) -> None:
    Events(connect(server), "pod-1").tell(deployment, "Held", "why")
    (event,) = [one.content for path, one in server.objects.items() if "/events/" in path]
    assert event["involvedObject"]["uid"] == deployment.metadata.uid
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "Held", "why")
    assert event["source"] == {"component": "ekiben-rollout"}
    assert event["reportingInstance"] == "pod-1"


def test_same_event_is_told_once_a_while(
    server: ApiServer, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller = Events(connect(server), "pod-1")
    teller.tell(deployment, "Held", "why")
    server.requests.clear()
    teller.tell(deployment, "Held", "why")
    assert server.requests == []
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + REPEAT_SECONDS + 1)
    teller.forget()
    teller.tell(deployment, "Held", "why")
    assert [line.split()[0] for line in server.requests] == ["POST", "PATCH"]
    assert events(server) == [("Held", "why")], "renewed, not doubled"


def test_event_that_can_not_be_written_is_tried_again(server: ApiServer, deployment: Deployment) -> None:
    teller = Events(connect(server), "pod-1")
    server.forbidden = {"/events"}
    teller.tell(deployment, "Pinned", "why")
    server.forbidden = set()
    teller.tell(deployment, "Pinned", "why")
    server.forbidden = {"/events/"}
    teller.tell(deployment, "Pinned", "why", again=True)
    assert events(server) == [("Pinned", "why")]
