"""A pod's cache of packages: it saves a fetch, and can't do any harm."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bentos.core.cache import ABANDONED_SECONDS, KEPT_PACKAGES, PackageCache
from bentos.core.errors import PackageNotFound
from bentos.core.package import ModelPackage, Pin, load_package
from tests.support.tiny.package import TinyPackage


@pytest.fixture
def fetch(tiny_package: TinyPackage) -> Callable[[], ModelPackage]:
    return lambda: load_package(tiny_package.pin, tiny_package.key.public_key())


def refuse() -> ModelPackage:
    raise PackageNotFound("store", "manifest.json", "the store is away")


def load(folder: Path, package: TinyPackage, fetch: Callable[[], ModelPackage]) -> ModelPackage:
    return PackageCache(folder).load(package.pin, package.key.public_key(), fetch)


def kept(folder: Path, package: TinyPackage) -> Path:
    return folder / package.pin.digest.removeprefix("sha256:")


def test_package_is_served_from_the_cache_with_the_store_away(
    tmp_path: Path, tiny_package: TinyPackage, fetch: Callable[[], ModelPackage]
) -> None:
    first = load(tmp_path, tiny_package, fetch)
    again = load(tmp_path, tiny_package, refuse)
    assert again == first
    assert again.pin.uri == tiny_package.pin.uri, "the pin says where it came from"
    assert [path.name for path in tmp_path.iterdir()] == [kept(tmp_path, tiny_package).name]


def test_nothing_is_kept_of_what_can_not_be_fetched(tmp_path: Path, tiny_package: TinyPackage) -> None:
    with pytest.raises(PackageNotFound):
        load(tmp_path / "cache", tiny_package, refuse)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig", "model.onnx"])
@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"x"), lambda path: path.unlink()])
def test_damaged_package_is_not_used_and_made_whole_again(
    tmp_path: Path,
    tiny_package: TinyPackage,
    fetch: Callable[[], ModelPackage],
    name: str,
    damage: Callable[[Path], None],
) -> None:
    first = load(tmp_path, tiny_package, fetch)
    damage(kept(tmp_path, tiny_package) / name)
    with pytest.raises(PackageNotFound):
        load(tmp_path, tiny_package, refuse)
    assert load(tmp_path, tiny_package, fetch) == first
    assert load(tmp_path, tiny_package, refuse) == first


def test_package_without_a_digest_is_never_looked_for(
    tmp_path: Path, tiny_package: TinyPackage, fetch: Callable[[], ModelPackage]
) -> None:
    load(tmp_path, tiny_package, fetch)
    unpinned = Pin(uri="x", version="1", digest="")
    with pytest.raises(PackageNotFound):
        PackageCache(tmp_path).load(unpinned, tiny_package.key.public_key(), refuse)


def test_cache_that_can_not_be_written_is_only_a_warning(
    tmp_path: Path,
    tiny_package: TinyPackage,
    fetch: Callable[[], ModelPackage],
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert load(tmp_path / "file", tiny_package, fetch).pin == tiny_package.pin
    assert "can't be kept in the cache" in capsys.readouterr().out


def test_full_volume_leaves_nothing_half_written(
    tmp_path: Path,
    tiny_package: TinyPackage,
    fetch: Callable[[], ModelPackage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = Path.write_bytes

    def fill_up(path: Path, content: bytes) -> int:
        if path.name == "model.ubj":
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    assert load(tmp_path, tiny_package, fetch).pin == tiny_package.pin
    assert list(tmp_path.iterdir()) == []


def test_damaged_package_that_can_not_be_removed_is_only_a_warning(
    tmp_path: Path,
    tiny_package: TinyPackage,
    fetch: Callable[[], ModelPackage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load(tmp_path, tiny_package, fetch)
    (kept(tmp_path, tiny_package) / "model.onnx").write_bytes(b"x")

    def refuse_rename(_path: Path, _target: Path) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "rename", refuse_rename)
    assert load(tmp_path, tiny_package, fetch).pin == tiny_package.pin


def test_only_the_newest_packages_stay(
    tmp_path: Path, tiny_package: TinyPackage, fetch: Callable[[], ModelPackage]
) -> None:
    now = time.time()
    for age in range(1, KEPT_PACKAGES + 2):
        (tmp_path / f"old-{age}").mkdir()
        os.utime(tmp_path / f"old-{age}", (now - age * 100,) * 2)
    for name, seconds in ((".part-dead", ABANDONED_SECONDS + 60), (".part-busy", 1.0)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (now - seconds,) * 2)
    load(tmp_path, tiny_package, fetch)
    mine = kept(tmp_path, tiny_package).name
    assert {path.name for path in tmp_path.iterdir()} == {mine, "old-1", "old-2", ".part-busy"}


def test_processes_that_share_a_cache_do_not_get_in_each_others_way(
    tmp_path: Path, tiny_package: TinyPackage, fetch: Callable[[], ModelPackage]
) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(10):
                assert load(tmp_path, tiny_package, fetch).pin == tiny_package.pin
                if number == 0:
                    shutil.rmtree(kept(tmp_path, tiny_package), ignore_errors=True)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
