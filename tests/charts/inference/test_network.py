"""Who may reach the pods, and what they may reach, worked out from the policy."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.inference_chart import REGISTRY, inference
from tests.support.network_policies import Place, may_reach, pod_place

CLIENT = Place("games", {"ekiben.io/client": "true"})
STRANGER = Place("games", {"app": "other"})
PROMETHEUS = Place("monitoring", {"app": "prometheus"})
DNS = Place("kube-system", {"k8s-app": "kube-dns"})
OUTSIDE = Place(address="203.0.113.7")
OTHER = Place(address="198.51.100.7")


class Network:
    """The pods of a release among others."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        found = inference(values)
        self._policies = found.of("NetworkPolicy")
        self._pod = pod_place(found.one("Deployment")["spec"]["template"], "games")

    def lets_in(self, source: Place, port: int = 3000) -> bool:
        return may_reach(self._policies, source, self._pod, port)

    def lets_out(self, target: Place, port: int, protocol: str = "TCP") -> bool:
        return may_reach(self._policies, self._pod, target, port, protocol)


def test_labelled_pods_and_namespaces_may_call() -> None:
    network = Network()
    assert network.lets_in(CLIENT)
    assert network.lets_in(Place("shop", {}, {"ekiben.io/client": "true"}))


def test_everybody_else_is_refused() -> None:
    network = Network()
    assert not network.lets_in(STRANGER)
    assert not network.lets_in(Place("shop", {"ekiben.io/client": "true"}))
    assert not network.lets_in(OUTSIDE)


def test_prometheus_may_scrape() -> None:
    assert Network().lets_in(PROMETHEUS)
    assert not Network({"networkPolicy": {"prometheus": []}}).lets_in(PROMETHEUS)


@pytest.mark.parametrize("source", [CLIENT, PROMETHEUS])
def test_no_other_port_is_open(source: Place) -> None:
    assert not Network().lets_in(source, port=9999)


def test_without_callers_nobody_may_call() -> None:
    network = Network({"networkPolicy": {"callers": []}})
    assert not network.lets_in(CLIENT)
    assert network.lets_in(PROMETHEUS)


def test_names_can_be_looked_up_and_nothing_else_reached() -> None:
    network = Network()
    assert network.lets_out(DNS, 53, "UDP")
    assert network.lets_out(DNS, 53)
    assert not network.lets_out(DNS, 443)
    assert not network.lets_out(Place("kube-system", {"app": "other"}), 53, "UDP")
    assert not network.lets_out(OUTSIDE, 443)
    assert not network.lets_out(CLIENT, 80)


def test_not_even_names_if_there_is_no_dns() -> None:
    assert not Network({"networkPolicy": {"dns": []}}).lets_out(DNS, 53, "UDP")


def test_the_object_store_is_reached_at_its_addresses_only() -> None:
    store = {"peers": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [443, 9000]}
    network = Network({"model": REGISTRY, "networkPolicy": {"store": store}})
    assert network.lets_out(OUTSIDE, 443)
    assert network.lets_out(OUTSIDE, 9000)
    assert not network.lets_out(OUTSIDE, 80)
    assert not network.lets_out(OTHER, 443)


def test_the_model_of_an_image_needs_no_store() -> None:
    store = {"peers": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}
    assert not Network({"networkPolicy": {"store": store}}).lets_out(OUTSIDE, 443)


def test_further_rules_open_what_they_name() -> None:
    rules = {
        "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "games"}}}]}],
        "egress": [{"to": [{"ipBlock": {"cidr": "198.51.100.7/32"}}], "ports": [{"port": 443}]}],
    }
    network = Network({"networkPolicy": rules})
    assert network.lets_in(Place("arcade", {}, {"team": "games"}))
    assert network.lets_out(OTHER, 443)
    assert not network.lets_out(OUTSIDE, 443)


def test_policy_can_be_left_to_others() -> None:
    assert inference({"networkPolicy": {"enabled": False}}).of("NetworkPolicy") == []
