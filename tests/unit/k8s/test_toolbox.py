import io
import json
from typing import Any

import pytest

from k8s import toolbox

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app.kubernetes.io/component": "training", "app.kubernetes.io/name": "training"}},
    "spec": {
        "restartPolicy": "Never",
        "volumes": [{"name": "store", "persistentVolumeClaim": {"claimName": "model-store"}}],
        "containers": [
            {
                "name": "ekiben",
                "image": "example/training:1",
                "args": ["train", "battle"],
                "volumeMounts": [{"name": "store", "mountPath": "/store"}],
            }
        ],
    },
}
CRONJOB = {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": TEMPLATE}}}}


def test_pod_has_the_volumes_of_a_training_and_trains_nothing() -> None:
    pod = toolbox.make_pod(CRONJOB)
    container = pod["spec"]["containers"][0]
    assert pod["spec"]["volumes"] == TEMPLATE["spec"]["volumes"]
    assert container["volumeMounts"] == [{"name": "store", "mountPath": "/store"}]
    assert "args" not in container
    assert container["command"][0] == "python"


def test_pod_counts_as_no_training_and_ends_by_itself() -> None:
    pod = toolbox.make_pod(CRONJOB)
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "toolbox"
    assert pod["spec"]["activeDeadlineSeconds"] == toolbox.LONGEST_SECONDS


def test_cronjob_on_stdin_becomes_a_pod_on_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(CRONJOB)))
    assert toolbox.main() == 0
    assert json.loads(capsys.readouterr().out)["metadata"]["name"] == "toolbox"


@pytest.mark.parametrize("text", ["", "[]", '{"kind": "Pod", "spec": {}}'])
def test_anything_else_on_stdin_is_refused_in_a_sentence(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert toolbox.main() == 2
    assert "no CronJob on stdin" in capsys.readouterr().err
