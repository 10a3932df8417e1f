"""What a server is asked is drawn beforehand."""

from dataclasses import replace
from pathlib import Path

from loadtests.benchmarks.forms import Contender
from loadtests.benchmarks.measures import write_files
from loadtests.benchmarks.plan import PEERS_BATCH_ROWS, Plan

PLAN = Plan(sizes=(1, 100), singles=20)


def test_ours_is_asked_for_all_sizes_in_all_forms(contender: Contender, tmp_path: Path) -> None:
    files = write_files(contender, PLAN, tmp_path)
    found = [(form.name, bodies.rows, bodies.json_bytes > 0) for form, bodies in files.batches]
    assert found == [("JSON", 1, False), ("JSON", 100, False), ("binary", 1, True), ("binary", 100, True)]
    assert len(files.lines.path.read_bytes().splitlines()) == PLAN.singles


def test_peers_are_asked_for_one_size(contender: Contender, tmp_path: Path) -> None:
    peer = replace(contender, ours=False, batches=contender.batches[:1])
    files = write_files(peer, PLAN, tmp_path)
    assert [bodies.rows for _, bodies in files.batches] == [PEERS_BATCH_ROWS]
