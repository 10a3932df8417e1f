"""Who may reach what, worked out from the policies."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.helm import pod_specs, render
from tests.support.network_policies import Place, may_reach, pod_place

SERVICE = Place("games", {"app.kubernetes.io/name": "analyst"})
STRANGER = Place("games", {"app": "other"})
DATABASE = Place("games", {"app.kubernetes.io/name": "postgresql"})
DNS = Place("kube-system", {"k8s-app": "kube-dns"})
PUBLIC = Place(address="203.0.113.7")
INSIDE = ["10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.0.0.1"]
PRICES, NEWS, LLM, TEST = (
    "CronJob/analyst-prices",
    "CronJob/analyst-news",
    "Deployment/analyst-llm",
    "Pod/analyst-data-test",
)


class Network:
    """The pods of a release among others."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        found = render("analyst", {"llm": {"enabled": True}, **(values or {})}, release="analyst-data")
        self._policies = found.of("NetworkPolicy")
        self._places = {name: pod_place(pod, "games") for name, pod in pod_specs(found.objects)}

    def allows(self, source: str | Place, target: str | Place, port: int, protocol: str = "TCP") -> bool:
        ends = [self._places[end] if isinstance(end, str) else end for end in (source, target)]
        return may_reach(self._policies, ends[0], ends[1], port, protocol)


@pytest.mark.parametrize("run", [PRICES, NEWS])
def test_runs_reach_names_the_database_and_public_addresses(run: str) -> None:
    network = Network()
    assert network.allows(run, DNS, 53, "UDP")
    assert network.allows(run, DATABASE, 5432)
    assert network.allows(run, PUBLIC, 443)
    assert not network.allows(run, PUBLIC, 80)
    assert not network.allows(run, DATABASE, 9187)
    assert not network.allows(run, STRANGER, 443)


@pytest.mark.parametrize("address", INSIDE)
def test_no_feed_can_lead_a_run_to_something_inside(address: str) -> None:
    assert not Network().allows(NEWS, Place(address=address), 443)


def test_history_needs_no_way_out() -> None:
    network = Network({"prices": {"sources": ["history"]}})
    assert not network.allows(PRICES, PUBLIC, 443)
    assert network.allows(NEWS, PUBLIC, 443)
    assert network.allows(PRICES, DATABASE, 5432)
    assert Network({"prices": {"sources": ["kraken", "history"]}}).allows(PRICES, PUBLIC, 443)


def test_the_way_out_can_be_narrowed_or_lead_through_a_proxy() -> None:
    proxy = {"to": [{"podSelector": {"matchLabels": {"app": "other"}}}], "ports": [{"port": 3128}]}
    network = Network({"networkPolicy": {"sources": {"peers": []}, "egress": [proxy]}})
    assert not network.allows(NEWS, PUBLIC, 443)
    assert network.allows(NEWS, STRANGER, 3128)
    narrow = {"peers": [{"ipBlock": {"cidr": "203.0.113.0/28"}}], "ports": [8443]}
    network = Network({"networkPolicy": {"sources": narrow}})
    assert network.allows(PRICES, PUBLIC, 8443)
    assert not network.allows(PRICES, Place(address="203.0.113.77"), 8443)


def test_the_database_may_be_elsewhere() -> None:
    database = {"peers": [{"ipBlock": {"cidr": "10.20.0.5/32"}}], "port": 6432}
    network = Network({"networkPolicy": {"database": database}})
    assert network.allows(PRICES, Place(address="10.20.0.5"), 6432)
    assert not network.allows(PRICES, DATABASE, 5432)
    assert not Network({"networkPolicy": {"dns": []}}).allows(PRICES, DNS, 53, "UDP")


def test_nobody_calls_runs() -> None:
    assert not Network().allows(SERVICE, PRICES, 443)


def test_only_the_service_and_the_test_ask_the_language_model() -> None:
    network = Network()
    assert network.allows(SERVICE, LLM, 3200)
    assert network.allows(TEST, LLM, 3200)
    assert not network.allows(SERVICE, LLM, 80)
    for other in (STRANGER, PRICES, Place("shop", {"app.kubernetes.io/name": "analyst"})):
        assert not network.allows(other, LLM, 3200)
    assert not Network({"tests": {"enabled": False}}).allows(
        Place("games", {"app.kubernetes.io/name": "analyst-data-test"}), LLM, 3200
    )


def test_the_service_may_have_another_name_and_others_may_ask_too() -> None:
    network = Network({"service": {"name": "bitcoin"}})
    assert not network.allows(SERVICE, LLM, 3200)
    assert network.allows(Place("games", {"app.kubernetes.io/name": "bitcoin"}), LLM, 3200)
    others = [{"podSelector": {"matchLabels": {"app": "other"}}}]
    assert Network({"networkPolicy": {"llmCallers": others}}).allows(STRANGER, LLM, 3200)


def test_the_language_model_reaches_nothing() -> None:
    network = Network()
    assert not network.allows(LLM, DNS, 53, "UDP")
    assert not network.allows(LLM, PUBLIC, 443)
    assert not network.allows(LLM, DATABASE, 5432)


def test_policies_can_be_left_to_others() -> None:
    found = render("analyst", {"networkPolicy": {"enabled": False}}, release="analyst-data")
    assert found.of("NetworkPolicy") == []
