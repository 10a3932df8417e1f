"""How Helm is called to deploy and to go back."""

import os
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s.deploy import IMAGES, ask_command, main, rollback_command, train_commands, upgrade_command
from tests.support.helm import containers, pod_specs, run_helm


def _options(**options: Any) -> Namespace:
    defaults = {"environment": "dev", "tag": "", "repository": "", "context": "c", "namespace": "ekiben"}
    return Namespace(**(defaults | {"revision": 0, "further": [], "model": "battle"} | options))


@pytest.mark.parametrize(
    ("version", "option"), [("v4.3.1", "--rollback-on-failure"), ("v3.22.0", "--atomic")]
)
def test_upgrade_goes_back_by_itself_with_either_helm(version: str, option: str) -> None:
    assert option in upgrade_command(_options(), version, first=False)


def test_first_install_waits_for_nothing_and_goes_back_to_nothing() -> None:
    command = upgrade_command(_options(), "v4.0.0", first=True)
    assert "--rollback-on-failure" not in command
    assert "--timeout" not in command


def test_training_is_started_from_the_cronjob_and_waited_for() -> None:
    create, wait, _, rollout = train_commands(_options())
    assert create[-2:] == ["--from", "cronjob/training-battle"]
    assert f"job/{create[create.index('job') + 1]}" in wait
    assert "deployment/battle" in rollout


def test_only_the_pod_that_asks_is_run() -> None:
    command = ask_command(_options())
    assert command[command.index("--filter") + 1] == "name=battle-test"


def test_environment_chooses_the_values_file() -> None:
    command = upgrade_command(_options(environment="staging"), "v4.0.0", first=False)
    assert command[command.index("--values") + 1].endswith("k8s/values/staging.yaml")


def test_tag_and_repository_are_given_only_where_they_are_set() -> None:
    assert "--set" not in upgrade_command(_options(), "v4.0.0", first=False)
    command = upgrade_command(_options(tag="v1", repository="r/e"), "v4.0.0", first=False)
    for part, image in IMAGES.items():
        assert f"{part}.image.tag=v1" in command
        assert f"{part}.image.repository=r/e/{image}" in command


def test_every_image_of_the_platform_is_set() -> None:
    command = upgrade_command(_options(tag="v1", repository="r/e"), "v4.0.0", first=False)
    chosen = [word for word in command if ".image." in word]
    parts = (f"parts.{part}=true" for part in ("analyst", "analystData"))
    options = [word for choice in (*chosen, *parts) for word in ("--set", choice)]
    text = run_helm("template", "ekiben", "charts/platform", *options)
    pods = [pod for _, pod in pod_specs([found for found in yaml.safe_load_all(text) if found])]
    images = {container["image"] for pod in pods for container in containers(pod)}
    assert {image for image in images if "/ekiben/" in image} == set()
    assert {image for image in images if image.startswith("r/e/")} == {
        f"r/e/{name}:v1" for name in IMAGES.values()
    }


def test_context_and_namespace_are_always_named() -> None:
    where = ["--kube-context", "c", "--namespace", "ekiben"]
    for command in (upgrade_command(_options(), "v4.0.0", first=False), rollback_command(_options())):
        assert command[-4:] == where


def test_further_arguments_go_to_helm() -> None:
    assert rollback_command(_options(further=["--debug"]))[-1] == "--debug"


def test_without_a_context_nothing_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["rollback"])
    assert ended.value.code == 2
    assert "--context" in capsys.readouterr().err


def test_missing_helm_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["rollback", "--context", "c"]) == 2
    assert "helm is not on PATH" in capsys.readouterr().err


def test_helm_runs_with_the_command_and_its_exit_code_is_returned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    helm = tmp_path / "helm"
    helm.write_text('#!/bin/sh\necho "$@"\nexit 7\n')
    helm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert main(["rollback", "--context", "c", "--revision", "3"]) == 7
    assert capfd.readouterr().out.startswith("rollback ekiben 3 --wait")
