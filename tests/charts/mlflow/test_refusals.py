"""Values that make no sense are refused, by name, before anything is installed."""

from typing import Any

import pytest

from tests.support.helm import HelmRefused, render

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"replica": 1}, "replica"),
    ({"workers": 0}, "/workers"),
    ({"strategy": "Blue"}, "/strategy"),
    ({"migration": {"databaseWaitSeconds": 0}}, "/migration/databaseWaitSeconds"),
    ({"database": {"existingSecret": ""}}, "/database/existingSecret"),
    ({"database": {"uri": "postgresql://u:p@h/d"}}, "uri"),
    ({"auth": {"enabled": False}}, "enabled"),
    ({"auth": {"adminSecret": ""}}, "/auth/adminSecret"),
    ({"auth": {"defaultPermission": "WRITE"}}, "/auth/defaultPermission"),
    ({"auth": {"cacheSeconds": -1}}, "/auth/cacheSeconds"),
    ({"allowedHosts": ["*"]}, "/allowedHosts/0"),
    ({"corsAllowedOrigins": ["*"]}, "/corsAllowedOrigins/0"),
    ({"artifacts": {"destination": "/mnt"}}, "/artifacts/destination"),
    ({"artifacts": {"persistence": {"size": "big"}}}, "/artifacts/persistence/size"),
    (
        {"artifacts": {"persistence": {"accessModes": ["ReadOnlyMany"]}}},
        "/artifacts/persistence/accessModes/0",
    ),
    ({"ingress": {"enabled": True}}, "/ingress/hosts"),
    ({"httpRoute": {"enabled": True}}, "/httpRoute/parentRefs"),
    ({"metrics": {"port": 5000}}, "/metrics/port"),
    ({"networkPolicy": {"callers": [{}]}}, "/networkPolicy/callers/0"),
    ({"pdb": {"maxUnavailable": 0}}, "/pdb/maxUnavailable"),
    ({"alerts": {"errorRatio": 5}}, "/alerts/errorRatio"),
    ({"alerts": {"disabled": ["Nothing"]}}, "/alerts/disabled/0"),
    ({"preStopSleepSeconds": 0}, "/preStopSleepSeconds"),
    ({"securityContext": {"runAsUser": 0}}, "/securityContext/runAsUser"),
]


@pytest.mark.parametrize(("values", "named"), REFUSED, ids=[named for _, named in REFUSED])
def test_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(HelmRefused) as refused:
        render("mlflow", values, release="mlflow")
    assert named in str(refused.value)
