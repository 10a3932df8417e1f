"""What the simulator's driver does without fighting: digest, lock file, installation and failures."""

import json
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from training.battle import simulator
from training.battle.simulator import PROGRAM, SimulatorUnavailable, install, program_digest


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put a copy of the Node program in force, with a home of its own."""
    copy = tmp_path / "simulate"
    shutil.copytree(PROGRAM, copy)
    monkeypatch.setattr(simulator, "PROGRAM", copy)
    monkeypatch.setenv("EKIBEN_HOME", str(tmp_path / "home"))
    install.cache_clear()
    yield copy
    install.cache_clear()


def test_digest_changes_with_the_program_and_with_its_lock(program: Path) -> None:
    before = program_digest()
    (program / "policy.js").write_text((program / "policy.js").read_text() + "\n")
    changed = program_digest()
    lock = program / "package-lock.json"
    lock.write_text(lock.read_text().replace("0.11.11", "0.11.12"))
    assert len({before, changed, program_digest()}) == 3


def test_digest_ignores_what_decides_nothing(program: Path) -> None:
    before = program_digest()
    (program / "README.md").write_text("x")
    assert program_digest() == before


def test_lock_pins_every_package_by_content_and_names_no_host() -> None:
    lock = json.loads((PROGRAM / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages["node_modules/pokemon-showdown"]["version"] == "0.11.11"
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())


def test_present_installation_is_taken(program: Path, tmp_path: Path) -> None:
    digest = sha256((program / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = tmp_path / "home" / "simulator" / digest
    (folder / "node_modules").mkdir(parents=True)
    assert install() == folder / "node_modules"


def test_failed_installation_is_reported_and_leaves_nothing(program: Path, tmp_path: Path) -> None:
    (program / "package-lock.json").write_text("{")
    with pytest.raises(SimulatorUnavailable, match="failed at `npm ci`"):
        install()
    assert list((tmp_path / "home" / "simulator").iterdir()) == []


def test_failed_run_is_reported_with_its_reason(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "install", lambda: program)
    (program / "main.js").write_text("throw new TypeError('out of luck')")
    with pytest.raises(SimulatorUnavailable) as failure:
        simulator.export_tables()
    assert str(failure.value) == "The battle simulator failed at `tables`: TypeError: out of luck"


def test_failed_run_without_an_error_line_is_reported_with_its_last_words(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator, "install", lambda: program)
    (program / "main.js").write_text("console.error('x'.repeat(9000) + ' the end'); process.exit(3)")
    with pytest.raises(SimulatorUnavailable, match=r"x the end$") as failure:
        simulator.export_tables()
    assert len(str(failure.value)) < 1_100


def test_batches_share_the_work_and_keep_the_order() -> None:
    pairings = [simulator.Pairing(index, 1, (), 2, (), 0, 1) for index in range(10)]
    batches = list(simulator._batches(pairings, processes=3))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert [pairing.index for batch in batches for pairing in batch] == list(range(10))


def test_batches_are_small_enough_to_lose_little() -> None:
    pairings = [simulator.Pairing(index, 1, (), 2, (), 0, 1) for index in range(5_000)]
    assert [len(batch) for batch in simulator._batches(pairings, processes=1)] == [2_000, 2_000, 1_000]


def test_folder_of_an_image_is_used_in_place_of_the_homes(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = sha256((program / "package-lock.json").read_bytes()).hexdigest()[:16]
    (tmp_path / "opt" / digest).mkdir(parents=True)
    monkeypatch.setenv("EKIBEN_SIMULATOR_FOLDER", str(tmp_path / "opt"))
    assert install() == tmp_path / "opt" / digest / "node_modules"


def test_folder_that_can_not_be_made_is_reported(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("EKIBEN_SIMULATOR_FOLDER", str(tmp_path / "file"))
    with pytest.raises(SimulatorUnavailable, match="installing"):
        install()
