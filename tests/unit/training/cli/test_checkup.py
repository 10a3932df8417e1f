"""Checks: what is wrong is named with what to do, what is fine is not."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from training.cli import checkup
from training.cli.checkup import Finding, examine
from training.core.errors import RegistryUnavailable
from training.core.packaging import PackageStore, sign_package
from training.core.pins import Rollout, write_pin
from training.core.pipeline import TrainingInputs
from training.core.settings import TrainingSettings

INPUTS = TrainingInputs(data_sha256="d", code_sha256="c", contract="sha256:c", parameters={}, seed=0)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
        return number


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A signed package, pinned as the model `tiny`; returns its folder."""
    key = Ed25519PrivateKey.generate()
    public = tmp_path / "trainer.pub.pem"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    signed = sign_package("tiny", {"model.ubj": b"trees"}, INPUTS, "abc", key)
    uri = PackageStore(str(tmp_path / "packages")).put(signed)
    write_pin(tmp_path, "tiny", Rollout(uri=uri, version="1", digest=signed.digest, public_key=str(public)))
    return Path(uri)


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 10, 9), "failed"), ((3, 11, 0), "ok"), ((3, 12, 4), "ok"), ((3, 13, 0), "warning")],
)
def test_python_is_judged_by_the_versions_of_the_lock(version: tuple[int, int, int], state: str) -> None:
    assert checkup.check_python(version).state == state


def test_missing_uv_is_a_warning_only(tmp_path: Path) -> None:
    assert checkup.check_uv(None, tmp_path).state == "warning"
    assert checkup.check_uv("/usr/bin/uv", tmp_path).detail == "/usr/bin/uv"
    own = tmp_path / "ekiben" / "uv-1" / "bin" / "uv"
    own.parent.mkdir(parents=True)
    own.touch()
    assert checkup.check_uv("/usr/bin/uv", tmp_path).detail == str(own)


def test_home_to_be_made_is_looked_for_in_its_folder(tmp_path: Path) -> None:
    finding = checkup.check_home(tmp_path / "a" / "home")
    assert finding.state == "ok"
    assert "made by the first command" in finding.detail
    assert not (tmp_path / "a").exists()


def test_taken_port_fails_with_its_holder_unless_our_own_run_has_it(taken_port: int) -> None:
    finding = checkup.check_port("port of battle", taken_port, "EKIBEN_SERVER_PORT", None)
    assert finding.state == "failed"
    assert f"(pid {os.getpid()})" in finding.detail
    assert "EKIBEN_SERVER_PORT" in finding.detail
    assert checkup.check_port("port of battle", taken_port, "EKIBEN_SERVER_PORT", 123).state == "ok"


def test_verified_champion_is_fine(tmp_path: Path, package: Path) -> None:
    assert checkup.check_champion(tmp_path, "tiny").state == "ok"
    assert (package / "model.ubj").exists()


def test_altered_champion_fails_by_the_name_of_the_file(
    tmp_path: Path, package: Path, free_port: int
) -> None:
    (package / "model.ubj").write_bytes(b"other trees")
    settings = TrainingSettings(home=tmp_path, mlflow_port=free_port)
    findings = {finding.check: finding for finding in examine(settings, free_port)}
    assert findings["champion of tiny"].state == "failed"
    assert "model.ubj" in findings["champion of tiny"].detail


def test_champion_from_the_future_is_a_warning(
    tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 0.0)
    finding = checkup.check_champion(tmp_path, "tiny")
    assert finding.state == "warning"
    assert "made in the future" in finding.detail
    assert package.exists()


def test_clock_behind_existing_files_fails(tmp_path: Path) -> None:
    path = tmp_path / "pin.json"
    path.touch()
    written = path.stat().st_mtime
    assert checkup.check_clock(written + 1, [path]).state == "ok"
    assert checkup.check_clock(written - 3600, [path]).state == "failed"


def test_registry_that_is_still_to_be_made_is_fine_and_not_made(tmp_path: Path) -> None:
    assert checkup.check_registry(TrainingSettings(home=tmp_path)).state == "ok"
    assert not (tmp_path / "mlflow.db").exists()


def test_unreadable_registry_fails(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(RegistryUnavailable):
        checkup.check_registry(TrainingSettings(home=tmp_path))


def test_taken_port_of_the_analyst_is_only_a_warning(taken_port: int, free_port: int) -> None:
    found = checkup.check_analyst_port(taken_port, None)
    assert (found.check, found.state) == ("port of analyst", "warning")
    assert "EKIBEN_ANALYST_PORT" in found.detail
    assert checkup.check_analyst_port(free_port, None).state == "ok"


def test_fresh_home_passes_every_check(tmp_path: Path, free_port: int) -> None:
    settings = TrainingSettings(home=tmp_path / "home", mlflow_port=free_port)
    findings = list(examine(settings, free_port))
    assert [finding for finding in findings if finding.state == "failed"] == []
    assert Finding("python", "ok", ".".join(str(part) for part in sys.version_info[:3])) in findings
    assert not settings.home.exists()
