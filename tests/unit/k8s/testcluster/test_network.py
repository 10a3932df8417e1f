import json
import shlex
from pathlib import Path

from k8s.testcluster.network import RULES, cni_configuration, marked_rules

SAVED = """\
*filter
:FORWARD DROP [0:0]
-A FORWARD -s 10.244.0.0/24 -m comment --comment ekiben-testcluster -j ACCEPT
-A FORWARD -s 10.244.0.0/24 -m comment --comment "somebody's own" -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
COMMIT
"""


def test_only_rules_with_our_mark_are_deleted() -> None:
    assert marked_rules(SAVED) == [
        ["-D", "FORWARD", *shlex.split("-s 10.244.0.0/24 -m comment --comment ekiben-testcluster -j ACCEPT")]
    ]


def test_every_rule_carries_our_mark() -> None:
    assert all("ekiben-testcluster" in rule for _, _, rule in RULES)


def test_addresses_of_pods_are_remembered_in_the_state(tmp_path: Path) -> None:
    (plugin,) = json.loads(cni_configuration(tmp_path))["plugins"]
    assert plugin["ipam"]["dataDir"] == f"{tmp_path}/addresses"
