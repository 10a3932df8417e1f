"""A short run of the fuzzer: every target keeps its promise, and one that does not is noticed."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.fuzz.catalogue import MODULES, SHARES, find_target
from tests.fuzz.run import run_blindly
from tests.fuzz.target import Check, Target
from tests.support.serving import ROOT

INPUTS = 4_000
"""Of all targets together; `make fuzz` feeds a million."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """What a run of the command line recorded, and what it said."""
    output = tmp_path_factory.mktemp("fuzz") / "summary.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--blind", "--inputs", str(INPUTS), "--output", str(output)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return json.loads(output.read_text()), done.stdout


@pytest.mark.parametrize("name", SHARES)
def test_target_keeps_its_promise(name: str, run: tuple[Any, str]) -> None:
    (report,) = [one for one in run[0]["targets"] if one["target"] == name]
    assert report["inputs"] >= INPUTS * SHARES[name] // sum(SHARES.values())
    # How long an input takes says nothing on a busy machine; the long run judges it.
    assert [find for find in report["finds"] if not find["what"].startswith("it takes too long")] == []
    assert len(report["outcomes"]) > 1, "every input ends alike"


def test_run_records_its_seed_and_how_much_it_did(run: tuple[Any, str]) -> None:
    summary, said = run
    assert summary["inputs"] == sum(one["inputs"] for one in summary["targets"]) >= INPUTS
    assert (summary["seed"], summary["guided"]) == (1, False)
    assert f"{summary['inputs']} inputs in" in said


def test_every_target_is_in_the_catalogue() -> None:
    files = {path.stem for path in (ROOT / "tests/fuzz").glob("*.py") if "TARGETS = (" in path.read_text()}
    assert files == set(MODULES)


def _make_careless() -> Check:
    def check(data: bytes) -> str:
        if b"7" in data:
            raise KeyError("seven")
        return "accepted" if data.isascii() else "refused"

    return check


def test_broken_promise_is_told_with_its_shortest_input_and_how_often() -> None:
    careless = Target(name="careless", make=_make_careless, seeds=(b"[1, 2]",), words=(b"7",))
    report = run_blindly(careless, 2_000, seed=1)
    (find,) = report.finds
    assert find.what.startswith("KeyError in test_fuzz.py:")
    assert find.times == report.outcomes["find"] > 1
    assert b"7" in bytes.fromhex(find.input_hex)
    assert len(bytes.fromhex(find.input_hex)) < 20


def test_same_seed_makes_the_same_run() -> None:
    target = find_target("query")
    one, two, other = (run_blindly(target, 300, seed) for seed in (1, 1, 2))
    assert one.outcomes == two.outcomes != other.outcomes
