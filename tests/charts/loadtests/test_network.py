"""Workers reach their master and the service, and nothing else; worked out from the policy."""

from collections.abc import Mapping
from typing import Any

from tests.support.helm import render
from tests.support.network_policies import Place, may_reach, pod_place

SERVICE = Place("games", {"app.kubernetes.io/component": "inference"})
DNS = Place("kube-system", {"k8s-app": "kube-dns"})
STRANGER = Place("games", {"app": "other"})


class Network:
    """The pods of a release among others."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        found = render("loadtests", values, release="load")
        self.policies = found.of("NetworkPolicy")
        self.master, self.worker = (
            pod_place(found.one("Job", f"load-loadtests-{role}-1")["spec"]["template"], "games")
            for role in ("master", "workers")
        )

    def allows(self, source: Place, target: Place, port: int, protocol: str = "TCP") -> bool:
        return may_reach(self.policies, source, target, port, protocol)


def test_workers_reach_their_master() -> None:
    network = Network()
    assert network.allows(network.worker, network.master, 5557)
    assert not network.allows(network.worker, network.master, 8089)


def test_all_reach_the_service_and_names() -> None:
    network = Network()
    for pod in (network.master, network.worker):
        assert network.allows(pod, SERVICE, 3000)
        assert network.allows(pod, DNS, 53, "UDP")


def test_nothing_else_is_reached_or_let_in() -> None:
    network = Network()
    assert not network.allows(network.worker, STRANGER, 3000)
    assert not network.allows(network.worker, SERVICE, 5432)
    assert not network.allows(network.worker, Place(address="203.0.113.7"), 443)
    assert not network.allows(STRANGER, network.master, 5557)


def test_a_service_elsewhere_can_be_named() -> None:
    peers = [{"ipBlock": {"cidr": "203.0.113.0/24"}}]
    network = Network({"networkPolicy": {"target": {"peers": peers, "ports": [443]}}})
    assert network.allows(network.worker, Place(address="203.0.113.7"), 443)
    assert not network.allows(network.worker, SERVICE, 3000)


def test_there_may_be_no_policy() -> None:
    assert Network({"networkPolicy": {"enabled": False}}).policies == []


def test_pods_pass_the_policy_of_the_service() -> None:
    network = Network()
    service = render("inference", {"auth": {"existingSecret": "keys"}}, release="battle")
    target = pod_place(service.one("Deployment")["spec"]["template"], "games")
    assert may_reach([*network.policies, *service.of("NetworkPolicy")], network.worker, target, 3000)
