from pathlib import Path

import pytest

from k8s.testcluster import tools
from k8s.testcluster.__main__ import main
from k8s.testcluster.paths import Paths


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "ekiben" / "testcluster"


def test_folder_of_tools_is_printed(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bin"]) == 0
    assert capsys.readouterr().out == f"{cache}/bin\n"


def test_place_of_the_kubeconfig_is_printed(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--kubeconfig"]) == 0
    assert capsys.readouterr().out == f"{cache}/state/kubeconfig\n"


def test_status_of_no_cluster_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["status"])
    assert caught.value.code == 1
    assert capsys.readouterr().out.startswith("cluster             down\n")


def test_loading_without_a_cluster_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load", "a"]) == 9
    assert "python -m k8s.testcluster up" in capsys.readouterr().err


def test_unknown_tool_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "no-such-tool"]) == 9
    assert "'no-such-tool'" in capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(f"\n    {command} " in shown for command in ("up", "down", "load", "status", "build", "bin"))


def test_parts_of_a_cluster_are_brought_by_one_name(cache: Path) -> None:
    parts = tools.select(tools.CLUSTER_GROUPS)
    (cache / "builds").mkdir(parents=True)
    for tool in parts:
        tool.path(Paths(cache)).touch()
    assert main(["build", "cluster"]) == 0
    assert {link.name for link in (cache / "bin").iterdir()} == {tool.binary for tool in parts}
