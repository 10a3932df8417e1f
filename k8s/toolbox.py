"""`python -m k8s.toolbox`: from a training CronJob, a pod with the same volumes that people can work in.

Reads the CronJob as JSON from stdin and writes the pod as JSON. It has the package store writable, the data
and the trainer's key, and is for backups, restores and a look around.

    kubectl get cronjob training-battle --output json | python -m k8s.toolbox | kubectl apply --filename -
"""

import json
import sys
from typing import Any

NAME = "toolbox"
WAIT = "import signal; signal.sigwait({signal.SIGTERM})"
LONGEST_SECONDS = 4 * 60 * 60
"""A pod that was forgotten ends by itself."""


def make_pod(cronjob: dict[str, Any]) -> dict[str, Any]:
    """Return the pod. Raises KeyError or IndexError for what is no CronJob."""
    template = cronjob["spec"]["jobTemplate"]["spec"]["template"]
    container = {**template["spec"]["containers"][0], "name": NAME, "command": ["python", "-c", WAIT]}
    container.pop("args", None)
    spec = {
        **template["spec"],
        "containers": [container],
        "activeDeadlineSeconds": LONGEST_SECONDS,
        "terminationGracePeriodSeconds": 1,
    }
    labels = {**template["metadata"]["labels"], "app.kubernetes.io/component": NAME}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "labels": labels}, "spec": spec}


def main() -> int:
    """Run the command: 0, or 2 if stdin holds no CronJob."""
    try:
        pod = make_pod(json.load(sys.stdin))
    except (ValueError, KeyError, IndexError, TypeError):
        sys.stderr.write("There is no CronJob on stdin: kubectl get cronjob NAME --output json | …\n")
        return 2
    json.dump(pod, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
