from pathlib import Path

import pytest

from k8s.testcluster import tools
from k8s.testcluster.errors import UnknownName
from k8s.testcluster.paths import Paths
from k8s.testcluster.tools import CLUSTER_GROUPS, MODULES, TOOLS


def _pretend_built(paths: Paths, names: list[str]) -> list[tools.Tool]:
    chosen = tools.select(names)
    paths.builds.mkdir(parents=True, exist_ok=True)
    for tool in chosen:
        tool.path(paths).write_text(tool.binary)
    return chosen


def test_every_tool_is_pinned_with_checksums() -> None:
    for tool in TOOLS:
        sums = (MODULES / tool.group / "go.sum").read_text()
        assert f"{tool.module} {tool.version} h1:" in sums


def test_every_group_builds_what_its_module_declares() -> None:
    for tool in TOOLS:
        assert tool.package in (MODULES / tool.group / "go.mod").read_text()


def test_names_of_programs_are_unique() -> None:
    assert len({tool.binary for tool in TOOLS}) == len(TOOLS)


def test_tools_are_chosen_by_group_or_by_name() -> None:
    assert [tool.binary for tool in tools.select(["keda", "helm"])] == [
        "keda-operator",
        "keda-adapter",
        "helm",
    ]


def test_a_new_machine_gets_what_deploys_on_its_cluster() -> None:
    assert {"kubelet", "kubectl", "helm"} <= {tool.binary for tool in tools.select(CLUSTER_GROUPS)}


def test_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UnknownName, match=r"'kubeclt'. There are: .*kubectl"):
        tools.select(["kubeclt"])


def test_what_is_in_the_cache_is_not_built_again_but_linked(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    chosen = _pretend_built(paths, ["helm"])
    assert tools.build(paths, chosen) == []
    assert (paths.bin / "helm").read_text() == "helm"
    assert not (paths.bin / "helm").readlink().is_absolute()


def test_link_follows_to_a_new_version(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    chosen = _pretend_built(paths, ["helm"])
    paths.bin.mkdir()
    (paths.bin / "helm").symlink_to("../builds/helm-v0.0.1")
    tools.build(paths, chosen)
    assert (paths.bin / "helm").read_text() == "helm"


def test_programs_say_their_version() -> None:
    (kubectl,) = tools.select(["kubectl"])
    assert f"version.gitVersion={kubectl.version} " in kubectl.linker_flags
    assert kubectl.linker_flags.endswith("version.gitMinor=34")
    (helm,) = tools.select(["helm"])
    assert helm.linker_flags == f"-s -w -X helm.sh/helm/v4/internal/version.version={helm.version}"
