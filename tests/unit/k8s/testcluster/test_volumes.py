from pathlib import Path

from k8s.testcluster import volumes


def test_folders_are_empty_and_everybody_can_write(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "left").touch()
    volumes.make_empty([tmp_path / "a", tmp_path / "b"])
    for name in ("a", "b"):
        assert list((tmp_path / name).iterdir()) == []
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o777


def test_volumes_can_be_shared_and_belong_to_the_default_class() -> None:
    volume = volumes.volume("one", Path("/volumes/one"))
    default = volumes.storage_class()
    assert volume["spec"]["storageClassName"] == default["metadata"]["name"]
    assert volume["spec"]["accessModes"] == ["ReadWriteOnce", "ReadWriteMany"]
    assert default["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}


def test_names_are_unique() -> None:
    assert len(set(volumes.names())) == volumes.COUNT
