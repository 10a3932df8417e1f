"""The node's address, and the rules that let pods reach each other and the outside.

Pods hang on point-to-point links, so that all their traffic is routed: a bridge would need the kernel module
`br_netfilter` for connections through Services between two pods.
"""

import json
import shlex
from collections.abc import Iterable
from pathlib import Path

from k8s.testcluster.addresses import CONTEXT, NODE_ADDRESS, POD_RANGE
from k8s.testcluster.commands import run, succeeds

BRIDGE = "ekiben0"
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_CNI_RESULTS = Path("/var/lib/cni/results")
_MARK = ("-m", "comment", "--comment", CONTEXT)

RULES = (
    # A Docker engine on the same machine makes DROP the policy of FORWARD.
    ("filter", "FORWARD", ("-s", POD_RANGE, *_MARK, "-j", "ACCEPT")),
    ("filter", "FORWARD", ("-d", POD_RANGE, *_MARK, "-j", "ACCEPT")),
    ("nat", "POSTROUTING", ("-s", POD_RANGE, "!", "-d", POD_RANGE, *_MARK, "-j", "MASQUERADE")),
)
"""Table, chain and rule."""


def set_up() -> None:
    """Make the node's address and the rules; what is there already stays. Raises CommandFailed."""
    if not succeeds("ip", "link", "show", BRIDGE):
        # Not every kernel has dummy devices, but all have bridges.
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "address", "add", f"{NODE_ADDRESS}/32", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
    _FORWARDING.write_text("1\n")
    for table, chain, rule in RULES:
        if not succeeds("iptables", "-w", "-t", table, "-C", chain, *rule):
            run("iptables", "-w", "-t", table, "-I", chain, "1", *rule)


def tear_down(cni: Path, pods: Iterable[str]) -> None:
    """Remove our address and rules, kube-proxy's tables, and what the plugins remember of `pods`."""
    for table in ("filter", "nat"):
        for rule in marked_rules(run("iptables-save", "-t", table)):
            run("iptables", "-w", "-t", table, *rule)
    if cni.exists():
        for family in ("ip", "ip6"):
            succeeds("nft", "delete", "table", family, "kube-proxy")
    succeeds("ip", "link", "delete", BRIDGE)
    for pod in pods:
        for result in _CNI_RESULTS.glob(f"*-{pod}-*"):
            result.unlink()


def marked_rules(saved: str) -> list[list[str]]:
    """Return, from the output of `iptables-save`, how to delete each rule that carries our mark."""
    rules = [shlex.split(line) for line in saved.splitlines() if line.startswith("-A ")]
    return [["-D", *rule[1:]] for rule in rules if CONTEXT in rule]


def cni_configuration(folder: Path) -> str:
    """Return the list of plugins that give pods their links; addresses in use are remembered in `folder`."""
    addresses = {
        "type": "host-local",
        "dataDir": str(folder / "addresses"),
        "ranges": [[{"subnet": POD_RANGE}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    link = {"type": "ptp", "ipam": addresses}
    return json.dumps({"cniVersion": "0.4.0", "name": CONTEXT, "plugins": [link]}, indent=2)
