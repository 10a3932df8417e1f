"""What is taken out of an image's packages, and what has to stay."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "bentos/core/prune-packages.sh"

STAYS = (
    "package/__init__.py",
    "package/testing/__init__.py",
    "package/compiled.so",
    "package.dist-info/RECORD",
)
GOES = (
    "package/tests/test_it.py",
    "package/deep/tests/__init__.py",
    "package/stubs.pyi",
    "package/source.pyx",
    "package/header.h",
    "package/bundle.js.map",
    "package/__pycache__/old.cpython-311.pyc",
)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    for name in (*STAYS, *GOES, "big/lib.so.1.2", "big/lib.so", "kept/lib.so.1"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "package/__init__.py").write_text("x = 1\n")
    return tmp_path


def prune(folder: Path, *patterns: str) -> int:
    return subprocess.run([SCRIPT, folder, *patterns], check=False, capture_output=True).returncode


def test_only_what_a_program_never_reads_goes(packages: Path) -> None:
    assert prune(packages) == 0
    assert [name for name in STAYS if not (packages / name).exists()] == []
    assert [name for name in GOES if (packages / name).exists()] == []


def test_everything_left_is_byte_compiled_for_good(packages: Path) -> None:
    prune(packages)
    (compiled,) = (packages / "package/__pycache__").glob("__init__.*.pyc")
    # The four bytes after the magic number: 1 is a file that is never compared with its source.
    assert compiled.read_bytes()[4:8] == (1).to_bytes(4, "little")


def test_named_patterns_go_and_may_match_nothing(packages: Path) -> None:
    assert prune(packages, "big/lib.so.*", "absent", "package/testing") == 0
    assert not (packages / "big/lib.so.1.2").exists()
    assert not (packages / "package/testing").exists()
    assert (packages / "big/lib.so").exists()
    assert (packages / "kept/lib.so.1").exists()


def test_code_that_can_not_be_compiled_stops_the_build(packages: Path) -> None:
    (packages / "package/broken.py").write_text("def")
    assert prune(packages) != 0
