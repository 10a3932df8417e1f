"""What NetworkPolicies allow, worked out from their text, for clusters that do not enforce them.

A connection needs leave at both ends: from the policies that select the pod it comes from (egress), and from
those that select the pod it goes to (ingress). A pod that no policy selects for a direction may do anything
in that direction.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""Every namespace has its name under this label."""


@dataclass(frozen=True)
class Place:
    """One end of a connection: a pod, or, without a namespace, an address outside the cluster."""

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    """The ports that have names; a pod may listen on others too."""
    address: str = ""

    def all_namespace_labels(self) -> Mapping[str, str]:
        """Return the labels of the pod's namespace, the one for its name included."""
        return {**self.namespace_labels, NAMESPACE_NAME: self.namespace}


def pod_place(pod: Object, namespace: str, namespace_labels: Mapping[str, str] | None = None) -> Place:
    """Return where a pod, or a pod template, is."""
    ports = {
        port["name"]: port["containerPort"]
        for container in pod["spec"]["containers"]
        for port in container.get("ports", [])
        if "name" in port
    }
    return Place(namespace, pod["metadata"].get("labels") or {}, namespace_labels or {}, ports)


def may_reach(
    policies: Sequence[Object], source: Place, target: Place, port: int, protocol: str = "TCP"
) -> bool:
    """Return whether `source` may open a connection to that port of `target`."""
    return _allowed("Egress", policies, source, target, target, port, protocol) and _allowed(
        "Ingress", policies, target, source, target, port, protocol
    )


def _allowed(
    direction: str,
    policies: Sequence[Object],
    ruled: Place,
    other: Place,
    target: Place,
    port: int,
    protocol: str,
) -> bool:
    concerned = [policy for policy in policies if _concerns(policy, direction, ruled)]
    side = "to" if direction == "Egress" else "from"
    rules = [(policy, rule) for policy in concerned for rule in policy["spec"].get(direction.lower()) or []]
    return not concerned or any(
        _peers_match(policy, rule.get(side), other)
        and _ports_match(rule.get("ports"), target, port, protocol)
        for policy, rule in rules
    )


def _concerns(policy: Object, direction: str, place: Place) -> bool:
    spec = policy["spec"]
    types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    return (
        bool(place.namespace)
        and direction in types
        and policy["metadata"]["namespace"] == place.namespace
        and selects(spec.get("podSelector") or {}, place.labels)
    )


def _peers_match(policy: Object, peers: Sequence[Object] | None, place: Place) -> bool:
    # A rule that names no peers is for everybody.
    return not peers or any(_peer_matches(policy, peer, place) for peer in peers)


def _peer_matches(policy: Object, peer: Object, place: Place) -> bool:
    if "ipBlock" in peer:
        return _in_block(peer["ipBlock"], place.address)
    if not place.namespace:
        return False
    if "namespaceSelector" in peer:
        near = selects(peer["namespaceSelector"] or {}, place.all_namespace_labels())
    else:
        near = place.namespace == policy["metadata"]["namespace"]
    return near and selects(peer.get("podSelector") or {}, place.labels)


def _in_block(block: Object, address: str) -> bool:
    if not address:
        return False
    found = ipaddress.ip_address(address)
    return found in ipaddress.ip_network(block["cidr"]) and not any(
        found in ipaddress.ip_network(part) for part in block.get("except", [])
    )


def _ports_match(ports: Sequence[Object] | None, target: Place, port: int, protocol: str) -> bool:
    return not ports or any(
        entry.get("protocol", "TCP") == protocol and _port_matches(entry, target, port) for entry in ports
    )


def _port_matches(entry: Object, target: Place, port: int) -> bool:
    wanted = entry.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return target.ports.get(wanted) == port
    first = int(wanted)
    return first <= port <= int(entry.get("endPort", first))


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Return whether a label selector matches; an empty one matches everything."""
    wanted = (selector.get("matchLabels") or {}).items()
    return all(labels.get(key) == value for key, value in wanted) and all(
        _expression_holds(expression, labels) for expression in selector.get("matchExpressions") or []
    )


def _expression_holds(expression: Object, labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    values = expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    raise ValueError(f"There is no operator {expression['operator']}.")
