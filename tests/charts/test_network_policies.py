"""The judge of policies itself, on the cases that are easily got wrong."""

from typing import Any

import pytest

from tests.support.network_policies import Place, may_reach, pod_place, selects

SERVER = Place("games", {"app": "server"}, {"team": "games"}, {"http": 3000})
CLIENT = Place("games", {"app": "client"})
FAR_CLIENT = Place("shop", {"app": "client"}, {"team": "shop"})
OUTSIDE = Place(address="203.0.113.7")


def _policy(labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    selector = {"matchLabels": labels or {}}
    return {"metadata": {"namespace": "games"}, "spec": {"podSelector": selector, **spec}}


def _ingress(*rules: dict[str, Any]) -> dict[str, Any]:
    return _policy({"app": "server"}, policyTypes=["Ingress"], ingress=list(rules))


def _from(*peers: dict[str, Any]) -> list[dict[str, Any]]:
    return [_ingress({"from": list(peers)})]


CLIENTS = {"podSelector": {"matchLabels": {"app": "client"}}}
SHOP = {"namespaceSelector": {"matchLabels": {"team": "shop"}}}


def test_without_policies_everything_is_allowed() -> None:
    assert may_reach([], OUTSIDE, SERVER, 3000)


def test_a_policy_without_rules_refuses_everything_it_selects() -> None:
    assert not may_reach([_policy(policyTypes=["Ingress"])], CLIENT, SERVER, 3000)
    assert may_reach([_policy({"app": "other"}, policyTypes=["Ingress"])], CLIENT, SERVER, 3000)


def test_a_policy_of_another_namespace_does_not_matter() -> None:
    policy = {**_policy(policyTypes=["Ingress"]), "metadata": {"namespace": "shop"}}
    assert may_reach([policy], CLIENT, SERVER, 3000)


def test_a_rule_without_peers_is_for_everybody() -> None:
    assert may_reach([_ingress({})], OUTSIDE, SERVER, 3000)


def test_a_pod_selector_alone_means_pods_of_the_policys_namespace() -> None:
    assert may_reach(_from(CLIENTS), CLIENT, SERVER, 3000)
    assert not may_reach(_from(CLIENTS), FAR_CLIENT, SERVER, 3000)


def test_selectors_in_one_peer_must_both_match_and_in_two_either() -> None:
    other = Place("shop", {"app": "other"}, {"team": "shop"})
    assert may_reach(_from({**SHOP, **CLIENTS}), FAR_CLIENT, SERVER, 3000)
    assert not may_reach(_from({**SHOP, **CLIENTS}), other, SERVER, 3000)
    assert may_reach(_from(SHOP, CLIENTS), other, SERVER, 3000)


def test_namespaces_have_their_name_as_a_label() -> None:
    named = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}
    assert may_reach(_from(named), FAR_CLIENT, SERVER, 3000)


def test_address_ranges_mean_what_is_outside_and_have_holes() -> None:
    block = {"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.7/32"]}}
    assert not may_reach(_from(block), OUTSIDE, SERVER, 3000)
    assert may_reach(_from(block), Place(address="203.0.113.8"), SERVER, 3000)
    assert not may_reach(_from(block), CLIENT, SERVER, 3000)


@pytest.mark.parametrize(
    ("entry", "port", "allowed"),
    [
        ({"port": 3000}, 3000, True),
        ({"port": 3000}, 3001, False),
        ({"port": 3000, "endPort": 3005}, 3004, True),
        ({"port": 3000, "endPort": 3005}, 3006, False),
        ({"port": "http"}, 3000, True),
        ({"port": "metrics"}, 3000, False),
        ({"protocol": "UDP", "port": 3000}, 3000, False),
        ({"protocol": "TCP"}, 9, True),
    ],
)
def test_ports_are_numbers_names_or_ranges_of_a_protocol(
    entry: dict[str, Any], port: int, allowed: bool
) -> None:
    assert may_reach([_ingress({"ports": [entry]})], CLIENT, SERVER, port) is allowed


def test_both_ends_have_to_agree() -> None:
    out = _policy({"app": "client"}, policyTypes=["Egress"], egress=[{"to": [{"podSelector": {}}]}])
    assert may_reach([out, *_from(CLIENTS)], CLIENT, SERVER, 3000)
    assert not may_reach([out, _ingress()], CLIENT, SERVER, 3000)
    shut = _policy({"app": "client"}, policyTypes=["Egress"])
    assert not may_reach([shut, *_from(CLIENTS)], CLIENT, SERVER, 3000)


def test_policies_add_up() -> None:
    assert may_reach([_ingress(), *_from(CLIENTS)], CLIENT, SERVER, 3000)


def test_egress_rules_make_a_policy_one_for_egress() -> None:
    policy = _policy({"app": "client"}, egress=[{"to": [{"podSelector": {"matchLabels": {"app": "x"}}}]}])
    assert not may_reach([policy], CLIENT, SERVER, 3000)
    assert not may_reach([policy], SERVER, CLIENT, 3000), "without policyTypes, ingress counts too"


@pytest.mark.parametrize(
    ("operator", "values", "matches"),
    [
        ("In", ["a", "b"], True),
        ("NotIn", ["a"], False),
        ("Exists", [], True),
        ("DoesNotExist", [], False),
    ],
)
def test_expressions_select(operator: str, values: list[str], matches: bool) -> None:
    selector = {"matchExpressions": [{"key": "k", "operator": operator, "values": values}]}
    assert selects(selector, {"k": "a"}) is matches


def test_a_pods_place_knows_the_names_of_its_ports() -> None:
    pod = {
        "metadata": {"labels": {"app": "server"}},
        "spec": {"containers": [{"ports": [{"name": "http", "containerPort": 3000}, {"containerPort": 1}]}]},
    }
    assert pod_place(pod, "games", {"team": "games"}) == SERVER
