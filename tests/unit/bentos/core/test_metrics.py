"""What Prometheus is told."""

import itertools
import threading
from pathlib import Path

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bentos.core.gateway import Gateway
from bentos.core.metrics import (
    CONFIDENCE_EDGES,
    DURATION_EDGES_SECONDS,
    LEAST_COUNTED_AT_ONCE,
    Buckets,
    BusyClock,
    Metrics,
    Predictions,
)
from bentos.core.model import LoadedModel
from bentos.core.readiness import Readiness
from tests.support.asking import ask, post
from tests.support.tiny.definition import CONTRACT, LEAF

Labels = frozenset[tuple[str, str]]


def samples(text: str) -> dict[tuple[str, Labels], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(gateway: Gateway) -> dict[tuple[str, Labels], float]:
    return samples(ask(gateway, "GET", "/metrics").content.decode())


def labelled(**labels: str) -> Labels:
    return frozenset(labels.items())


def test_requests_are_counted_by_route_method_and_code(gateway: Gateway) -> None:
    post(gateway, "/api/v1/leaf", LEAF)
    post(gateway, "/api/v1/leaf", LEAF)
    post(gateway, "/api/v1/leaf", {})
    ask(gateway, "GET", "/api/v1/trees/1")
    ask(gateway, "GET", "/api/v1/trees/2")
    found = scrape(gateway)
    leaf = {"route": "/api/v1/leaf", "method": "POST"}
    assert found["ekiben_requests_total", labelled(**leaf, code="200")] == 2
    assert found["ekiben_requests_total", labelled(**leaf, code="422")] == 1
    assert found["ekiben_request_duration_seconds_count", labelled(**leaf)] == 3
    assert found["ekiben_request_duration_seconds_sum", labelled(**leaf)] > 0
    trees = {"route": "/api/v1/trees/{id}", "method": "GET"}
    assert found["ekiben_requests_total", labelled(**trees, code="200")] == 2


def test_callers_can_not_make_up_labels(gateway: Gateway) -> None:
    before = len(scrape(gateway))
    for number in range(20):
        ask(gateway, "GET", f"/nowhere/{number}")
        ask(gateway, f"BREW{number}", "/nowhere")
        ask(gateway, f"BREW{number}", "/api/v1/leaf")
    found = scrape(gateway)
    unknown = labelled(route="unknown", method="other", code="404")
    assert found["ekiben_requests_total", unknown] == 40
    routes = {dict(labels).get("route") for _, labels in found}
    assert not any("nowhere" in str(route) for route in routes)
    assert len(found) < before + 150


@pytest.mark.parametrize("count", [3, 100])
def test_predictions_are_counted_by_outcome_with_their_confidence(gateway: Gateway, count: int) -> None:
    answers = post(gateway, "/api/v1/leaves", {"leaves": [LEAF] * count}).json["answers"]
    found = scrape(gateway)
    outcome = "oak" if answers[0]["oak"] else "other"
    assert found["ekiben_predictions_total", labelled(outcome=outcome)] == count
    assert found["ekiben_prediction_confidence_count", frozenset()] == count
    assert found["ekiben_prediction_confidence_sum", frozenset()] == pytest.approx(
        count * answers[0]["confidence"]
    )


def test_model_and_readiness_are_named(gateway: Gateway, tiny_model: LoadedModel) -> None:
    found = scrape(gateway)
    info = labelled(
        model="tiny",
        version="7",
        digest=tiny_model.package.pin.digest,
        contract=CONTRACT.digest(),
        git_commit="0" * 40,
    )
    assert found["ekiben_model_info", info] == 1
    assert found["ekiben_ready", frozenset()] == 1
    gateway.begin_stopping()
    assert scrape(gateway)["ekiben_ready", frozenset()] == 0


def test_process_and_busy_time_are_told(gateway: Gateway) -> None:
    found = scrape(gateway)
    assert found["process_resident_memory_bytes", frozenset()] > 0
    assert found["ekiben_busy_seconds_total", frozenset()] > 0


def test_open_metrics_are_given_to_who_asks_for_them(gateway: Gateway) -> None:
    reply = ask(gateway, "GET", "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert reply.headers["content-type"].startswith("application/openmetrics-text")
    assert reply.content.endswith(b"# EOF\n")


def test_durations_are_resolved_from_a_tenth_of_a_millisecond_to_a_second() -> None:
    edges = [edge for edge in DURATION_EDGES_SECONDS if edge <= 1]
    assert (edges[0], edges[-1]) == (0.0001, 1.0)
    assert all(after / before <= 2 for before, after in itertools.pairwise(edges))
    assert 0.6 in CONFIDENCE_EDGES


def test_value_on_an_edge_belongs_below_it() -> None:
    buckets = Buckets((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 2.5):
        buckets.observe(value)
    other = Buckets((1.0, 2.0))
    other.observe(0.1)
    buckets.merge(other)
    assert buckets.cumulated() == [3, 5, 6]


def test_what_workers_counted_is_added() -> None:
    mine, theirs = Predictions(), Predictions()
    mine.count([("oak", 0.9)])
    theirs.count([("oak", 0.7), ("other", 0.6)])
    mine.merge(theirs)
    assert mine.outcomes == {"oak": 2, "other": 1}
    assert mine.confidence.cumulated()[-1] == 3


def test_busy_time_is_that_of_the_thread_it_watches() -> None:
    clock = BusyClock()
    before = clock.seconds()
    idle = threading.Event()
    sum(range(2_000_000))
    assert clock.seconds() > before
    seen: list[BusyClock] = []

    def watch_and_idle() -> None:
        seen.append(BusyClock())
        idle.wait()

    thread = threading.Thread(target=watch_and_idle)
    thread.start()
    while not seen:
        pass
    first = seen[0].seconds()
    assert first < clock.seconds()
    idle.set()
    thread.join()


def test_busy_time_falls_back_to_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(_path: Path) -> str:
        raise FileNotFoundError

    clock = BusyClock()
    monkeypatch.setattr(Path, "read_text", unreadable)
    assert clock.seconds() > 0


def test_two_processes_in_one_do_not_share_numbers() -> None:
    one, two = Metrics(Readiness()), Metrics(Readiness())
    one.series("/a", "GET").observe(200, 0.1)
    assert b'route="/a"' in one.render("")[0]
    assert b'route="/a"' not in two.render("")[0]


@pytest.mark.parametrize("count", [0, 1, LEAST_COUNTED_AT_ONCE - 1, LEAST_COUNTED_AT_ONCE, 1000])
def test_many_predictions_at_once_count_as_one_by_one(count: int) -> None:
    values = np.resize(np.array([*CONFIDENCE_EDGES, 0.51, 0.999, 1.1, 0.1]), count)
    one_by_one, at_once = Predictions(), Predictions()
    one_by_one.count(("yes", float(value)) for value in values)
    at_once.count_all([("yes", values), ("no", np.array([]))])
    assert dict(at_once.outcomes) == dict(one_by_one.outcomes)
    assert at_once.confidence.cumulated() == one_by_one.confidence.cumulated()
