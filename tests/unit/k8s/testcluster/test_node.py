from pathlib import Path

from k8s.testcluster import node
from k8s.testcluster.paths import Paths


def test_kubelet_keeps_everything_below_the_state(tmp_path: Path) -> None:
    configuration = node.kubelet_configuration(Paths(tmp_path))
    state = str(tmp_path / "state")
    for name in ("podLogsDir", "staticPodPath", "volumePluginDir"):
        assert str(configuration[name]).startswith(state)


def test_kubelet_never_throws_an_image_away(tmp_path: Path) -> None:
    assert node.kubelet_configuration(Paths(tmp_path))["imageGCHighThresholdPercent"] == 100


def test_groups_are_made_in_every_hierarchy_and_removed_again(tmp_path: Path) -> None:
    for name in ("cpu", "cpuset"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tasks").touch()
    (tmp_path / "unified").mkdir()
    (tmp_path / "cpuset" / "cpuset.cpus").write_text("0-1\n")
    node.make_cgroups(tmp_path)
    group = tmp_path / "cpuset" / "ekiben-testcluster"
    assert node.cgroups_left(tmp_path) == [tmp_path / "cpu" / "ekiben-testcluster", group]
    assert (group / "cpuset.cpus").read_text() == "0-1\n"
    (group / "cpuset.cpus").unlink()
    (group / "kubepods" / "pod").mkdir(parents=True)
    node.remove_cgroups(tmp_path)
    assert node.cgroups_left(tmp_path) == []


def test_unified_hierarchy_hands_all_controllers_down(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory\n")
    node.make_cgroups(tmp_path)
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu +memory"
    assert (tmp_path / "ekiben-testcluster" / "cgroup.subtree_control").read_text() == "+cpu +memory"


def test_processes_are_found_by_their_groups(tmp_path: Path) -> None:
    inner = tmp_path / "memory" / "ekiben-testcluster" / "kubepods"
    inner.mkdir(parents=True)
    (inner / "cgroup.procs").write_text("12\n34\n")
    (tmp_path / "memory" / "cgroup.procs").write_text("1\n")
    assert node.processes_in_cgroups(tmp_path) == {12, 34}


def test_cluster_without_an_api_server_is_not_ready(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.bin.mkdir()
    (paths.bin / "kubectl").symlink_to("/bin/false")
    assert not node.is_ready(paths)
