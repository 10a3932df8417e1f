"""Values that make no sense are refused, by name, before anything is installed."""

from typing import Any

import pytest

from tests.support.helm import HelmRefused, render

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"modles": {}}, "modles"),
    ({"models": {"Battle": {}}}, "'Battle' does not match"),
    ({"models": {"b" * 17: {}}}, "does not match"),
    ({"models": {"battle": {"schedule": "@daily"}}}, "schedule"),
    ({"models": {"battle": {"train": {"schedule": "never"}}}}, "/models/battle/train/schedule"),
    ({"models": {"battle": {"promotion": "maybe"}}}, "/models/battle/promotion"),
    ({"promotion": "maybe"}, "/promotion"),
    ({"train": {"schedule": "61 * *"}}, "/train/schedule"),
    ({"train": {"activeDeadlineSeconds": 5}}, "/train/activeDeadlineSeconds"),
    ({"train": {"args": "--new-battles 5"}}, "/train/args"),
    ({"train": {"concurrencyPolicy": "Allow"}}, "concurrencyPolicy"),
    ({"train": {"data": {"uri": "ftp://x"}}}, "/train/data/uri"),
    ({"retention": {"keepVersions": 0}}, "/retention/keepVersions"),
    ({"registry": {"uri": "mlflow:5000"}}, "/registry/uri"),
    ({"registry": {"retries": -1}}, "/registry/retries"),
    ({"store": {"uri": "/store"}}, "/store/uri"),
    ({"store": {"persistence": {"accessModes": []}}}, "/store/persistence/accessModes"),
    ({"signing": {"existingSecret": ""}}, "/signing/existingSecret"),
    ({"gitCommit": "main"}, "/gitCommit"),
    ({"watch": {"namespaces": ["Shop"]}}, "/watch/namespaces/0"),
    ({"reconciler": {"intervalSeconds": 0}}, "/reconciler/intervalSeconds"),
    ({"reconciler": {"replicas": -1}}, "/reconciler/replicas"),
    ({"reconciler": {"pdb": {"maxUnavailable": 0}}}, "/reconciler/pdb/maxUnavailable"),
    ({"networkPolicy": {"apiServer": {"ports": []}}}, "/networkPolicy/apiServer/ports"),
    ({"alerts": {"trainingStaleHours": 0}}, "/alerts/trainingStaleHours"),
    ({"fullnameOverride": "a" * 30}, "/fullnameOverride"),
]


@pytest.mark.parametrize(("values", "named"), REFUSED, ids=[str(values) for values, _ in REFUSED])
def test_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(HelmRefused) as refused:
        render("training", values, release="training")
    assert named in str(refused.value)
