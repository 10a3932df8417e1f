"""What is staged is exactly the pinned package, or nothing; what is built says so when it can't be."""

import json
import stat
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bentos.core.errors import FileAltered, PackageNotFound, SettingsError, SignatureInvalid
from bentos.core.package import Pin, load_package, read_public_key
from tests.support.tiny.package import TinyPackage, make_package
from training.core import staging
from training.core.staging import ROOT, BentoNotBuilt, build_bento, find_uv, stage_package

PROGRAM = "#!/bin/sh\n"


@pytest.fixture
def package(tmp_path_factory: pytest.TempPathFactory) -> TinyPackage:
    return make_package(tmp_path_factory.mktemp("package"))


def stage(package: TinyPackage, root: Path, pin: Pin | None = None) -> Path:
    return stage_package("tiny", package.folder, pin or package.pin, package.public_key, root)


def make_program(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PROGRAM + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_staged_package_can_be_served_from_its_folder(package: TinyPackage, tmp_path: Path) -> None:
    staged = stage(package, tmp_path)
    assert staged == tmp_path / "bentos/tiny/model"
    pin = msgspec.json.decode((staged / "pin.json").read_bytes(), type=Pin)
    assert pin == package.pin
    loaded = load_package(
        msgspec.structs.replace(pin, uri=str(staged)), read_public_key(staged / "public.pem")
    )
    assert loaded.manifest.model == "tiny"


def test_staged_files_are_never_committed(package: TinyPackage, tmp_path: Path) -> None:
    assert (stage(package, tmp_path) / ".gitignore").read_text() == "*\n"


def test_next_package_replaces_the_last_one_wholly(package: TinyPackage, tmp_path: Path) -> None:
    staged = stage(package, tmp_path)
    (staged / "left-over").write_text("x")
    other = make_package(tmp_path / "other", version="8")
    assert stage(other, tmp_path) == staged
    assert not (staged / "left-over").exists()
    assert json.loads((staged / "pin.json").read_bytes())["version"] == "8"
    assert [path.name for path in staged.parent.iterdir()] == ["model"]


def test_package_that_is_not_the_pinned_one_replaces_nothing(package: TinyPackage, tmp_path: Path) -> None:
    staged = stage(package, tmp_path)
    before = {path.name: path.read_bytes() for path in staged.iterdir()}
    other = make_package(tmp_path / "other", extra={"more.json": b"{}"})
    stranger = tmp_path / "stranger.pem"
    key = Ed25519PrivateKey.generate().public_key()
    stranger.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(FileAltered):
        stage(other, tmp_path, package.pin)
    with pytest.raises(SignatureInvalid):
        stage_package("tiny", other.folder, other.pin, stranger, tmp_path)
    (other.folder / "model.onnx").unlink()
    with pytest.raises(PackageNotFound):
        stage(other, tmp_path)
    assert {path.name: path.read_bytes() for path in staged.iterdir()} == before
    assert [path.name for path in staged.parent.iterdir()] == ["model"]


def test_no_model_replaces_the_last_one_wholly(package: TinyPackage, tmp_path: Path) -> None:
    stage(package, tmp_path)
    staged = staging.stage_nothing("tiny", tmp_path)
    assert {path.name for path in staged.iterdir()} == {"no-model.txt", ".gitignore"}
    assert stage(package, tmp_path) == staged
    assert not (staged / "no-model.txt").exists()


def test_nothing_is_built_before_a_model_is_staged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path))
    monkeypatch.setattr(staging, "MODEL_FOLDER", "no-such-model")
    with pytest.raises(BentoNotBuilt, match="The bento of nothing was not built: "):
        build_bento("nothing")


def test_uv_is_the_one_that_runs_us_or_on_path_or_made_by_make(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(staging, "UV_CACHE", tmp_path / "cache")
    with pytest.raises(SettingsError, match="needs uv"):
        find_uv()
    made = make_program(tmp_path / "cache/uv-1.0/bin/uv")
    assert find_uv() == str(made)
    on_path = make_program(tmp_path / "uv")
    assert find_uv() == str(on_path)
    running = make_program(tmp_path / "running/uv")
    monkeypatch.setenv("UV", str(running))
    assert find_uv() == str(running)


def test_lock_that_uv_can_not_read_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UV", str(make_program(tmp_path / "uv", "echo 'no lock here' >&2; exit 2\n")))
    with pytest.raises(SettingsError, match=r"uv can't read uv\.lock: no lock here"):
        staging.export_requirements(tmp_path, "battle")


def test_requirements_leave_out_what_an_image_never_imports() -> None:
    whole = staging.export_requirements(ROOT, "mlflow").splitlines()
    less = staging.export_requirements(ROOT, "mlflow", without=("matplotlib",)).splitlines()
    assert [line.partition("==")[0] for line in whole if line not in less] == ["matplotlib"]


def test_requirements_are_those_of_a_serving_image_at_locked_versions() -> None:
    lines = staging.export_requirements(ROOT, "battle").splitlines()
    names = {line.partition("==")[0].partition("[")[0] for line in lines}
    assert {"bentoml", "msgspec", "onnxruntime", "uvicorn", "drf-spectacular-sidecar"} <= names
    assert names & {"mlflow", "pandas", "scikit-learn", "pytest", "ekiben", "django", "locust"} == set()
    assert all("==" in line for line in lines)
