import tomllib
from pathlib import Path

from k8s.testcluster import processes, runtime
from k8s.testcluster.paths import Paths


def test_configuration_separates_images_from_containers(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    written = tomllib.loads(runtime.configuration(paths))
    assert Path(written["root"]).is_relative_to(paths.image_store)
    assert Path(written["state"]).is_relative_to(paths.state)
    assert written["grpc"]["address"] == str(paths.containerd_socket)
    assert written["plugins"]["io.containerd.grpc.v1.cri"]["restrict_oom_score_adj"] is True


def test_plugins_can_be_disabled(tmp_path: Path) -> None:
    assert tomllib.loads(runtime.configuration(Paths(tmp_path), ("a", "b")))["disabled_plugins"] == ["a", "b"]


def test_images_of_an_earlier_boot_are_not_trusted(tmp_path: Path) -> None:
    assert not runtime.is_of_this_boot(tmp_path)
    (tmp_path / "boot").write_text("an earlier one")
    assert not runtime.is_of_this_boot(tmp_path)
    (tmp_path / "boot").write_text(processes.boot())
    assert runtime.is_of_this_boot(tmp_path)
