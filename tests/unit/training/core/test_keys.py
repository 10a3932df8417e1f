"""The trainer's key: made once, private, and refused when it is not what it should be."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bentos.core.errors import SettingsError
from bentos.core.manifest import key_id
from bentos.core.package import read_public_key
from training.core.keys import signing_key


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "keys" / "trainer.pem", tmp_path / "keys" / "trainer.pub.pem"


def test_first_use_makes_a_key_that_only_its_owner_can_read(paths: tuple[Path, Path]) -> None:
    private, public = paths
    key = signing_key(private, public)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert key_id(read_public_key(public)) == key_id(key.public_key())


def test_second_use_returns_the_same_key_and_leaves_nothing_else_behind(paths: tuple[Path, Path]) -> None:
    first, second = signing_key(*paths), signing_key(*paths)
    assert key_id(first.public_key()) == key_id(second.public_key())
    assert sorted(path.name for path in paths[0].parent.iterdir()) == ["trainer.pem", "trainer.pub.pem"]


def test_processes_that_start_together_agree_on_one_key(paths: tuple[Path, Path]) -> None:
    code = (
        "import sys; from pathlib import Path; from bentos.core.manifest import key_id;"
        "from training.core.keys import signing_key; sys.stdin.readline();"
        "print(key_id(signing_key(Path(sys.argv[1]), Path(sys.argv[2])).public_key()))"
    )
    command = [sys.executable, "-c", code, *map(str, paths)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = {process.communicate()[0] for process in started}
    assert len(said) == 1
    assert said == {key_id(read_public_key(paths[1])) + "\n"}


def test_lost_or_foreign_public_key_is_written_again(paths: tuple[Path, Path]) -> None:
    key = signing_key(*paths)
    paths[1].write_text("something else")
    signing_key(*paths)
    assert key_id(read_public_key(paths[1])) == key_id(key.public_key())


def test_key_that_everyone_can_read_is_refused(paths: tuple[Path, Path]) -> None:
    signing_key(*paths)
    paths[0].chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        signing_key(*paths)


@pytest.mark.parametrize("content", [b"", b"no key"])
def test_file_without_a_key_is_refused(paths: tuple[Path, Path], content: bytes) -> None:
    paths[0].parent.mkdir()
    paths[0].write_bytes(content)
    with pytest.raises(SettingsError, match="No private key"):
        signing_key(*paths)


def test_key_of_another_kind_is_refused(paths: tuple[Path, Path]) -> None:
    paths[0].parent.mkdir()
    other = generate_private_key(SECP256R1())
    paths[0].write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    paths[0].chmod(0o600)
    with pytest.raises(SettingsError, match="not an Ed25519 key"):
        signing_key(*paths)


def test_key_that_a_group_can_read_is_taken_as_a_mounted_secret_needs(paths: tuple[Path, Path]) -> None:
    key = signing_key(*paths)
    paths[0].chmod(0o440)
    assert key_id(signing_key(*paths).public_key()) == key_id(key.public_key())
