"""The first champion: trained by the CronJob's own Job, on purpose a little worse than it could be."""

from collections.abc import Callable
from typing import Any

import yaml

from tests.e2e.support.cluster import ROOT
from tests.e2e.support.platform import Platform

JOB = "first-training"
CALM_LEARNING_RATE = 0.08
"""Same trees, same cost, a slightly worse model than the shipped parameters give: the second training is then
an improvement that the gate can see."""


def train_first(platform: Platform) -> float:
    """Train version 1 and return how long that took in seconds."""
    parameters = yaml.safe_load((ROOT / "training/battle/params.yaml").read_text())
    parameters["booster"]["learning_rate"] = CALM_LEARNING_RATE
    return platform.train(JOB, _covering(platform, parameters))


def _covering(platform: Platform, parameters: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    """Return what lets a Job train with other parameters than those in its image."""
    platform.cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "e2e-parameters"},
            "data": {"params.yaml": yaml.safe_dump(parameters)},
        }
    )

    def cover(job: dict[str, Any]) -> None:
        spec = job["spec"]["template"]["spec"]
        spec["volumes"].append({"name": "parameters", "configMap": {"name": "e2e-parameters"}})
        mount = {"name": "parameters", "mountPath": "/app/src/training/battle/params.yaml"}
        spec["containers"][0]["volumeMounts"].append({**mount, "subPath": "params.yaml", "readOnly": True})

    return cover
