"""Results survive the end of a run, also one that comes in the middle of a line."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from training.battle import journal as module
from training.battle.journal import Entry, Journal, fight, open_journal
from training.battle.simulator import Pairing, Result, program_digest


def _result(index: int) -> Result:
    return Result(index=index, battles=7, wins_1=index % 8, ties=0, turns=20)


def _pairings(count: int) -> list[Pairing]:
    return [Pairing(index, 25, ("thunderbolt",), 6, ("ember",), index * 7, 7) for index in range(count)]


@pytest.fixture
def fought(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replace the simulator by one that notes whom it was given, two at a time."""
    given: list[int] = []

    def simulate(pairings: Sequence[Pairing], processes: int) -> Iterator[list[Result]]:
        for start in range(0, len(pairings), 2):
            batch = pairings[start : start + 2]
            given.extend(pairing.index for pairing in batch)
            yield [_result(pairing.index) for pairing in batch]

    monkeypatch.setattr(module, "simulate", simulate)
    return given


def test_results_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "home" / "battles.jsonl"
    Journal(path).append([Entry("a", _result(1)), Entry("b", _result(2))])
    Journal(path).append([Entry("c", _result(3))])
    assert Journal(path).results == {"a": _result(1), "b": _result(2), "c": _result(3)}


def test_half_a_line_is_cut_off_and_the_next_line_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "battles.jsonl"
    Journal(path).append([Entry("a", _result(1)), Entry("b", _result(2))])
    path.write_bytes(path.read_bytes()[:-5])
    again = Journal(path)
    assert again.results == {"a": _result(1)}
    again.append([Entry("c", _result(3))])
    assert Journal(path).results == {"a": _result(1), "c": _result(3)}


def test_results_come_in_the_order_of_the_pairings(tmp_path: Path, fought: list[int]) -> None:
    journal = Journal(tmp_path / "battles.jsonl")
    fight(_pairings(3), 1, journal, lambda count: None)
    results = fight(list(reversed(_pairings(5))), 1, journal, lambda count: None)
    assert [result.wins_1 for result in results] == [4, 3, 2, 1, 0]
    assert fought == [0, 1, 2, 4, 3]


def test_run_that_was_ended_goes_on_where_it_was(tmp_path: Path, fought: list[int]) -> None:
    path = tmp_path / "battles.jsonl"
    progress: list[int] = []

    def stop(count: int) -> None:
        progress.append(count)
        if len(progress) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fight(_pairings(7), 1, Journal(path), stop)
    results = fight(_pairings(7), 1, Journal(path), progress.append)
    assert [result.index for result in results] == list(range(7))
    assert fought == list(range(7))
    assert progress == [0, 2, 2, 4, 2, 1]


def test_other_battles_of_the_same_loadouts_are_fought(tmp_path: Path, fought: list[int]) -> None:
    journal = Journal(tmp_path / "battles.jsonl")
    short = Pairing(0, 25, ("thunderbolt",), 6, ("ember",), 0, 7)
    for pairing in (short, Pairing(1, 25, ("thunderbolt",), 6, ("ember",), 0, 15)):
        fight([pairing], 1, journal, lambda count: None)
    assert fought == [0, 1]


def test_journal_belongs_to_one_version_of_the_simulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKIBEN_HOME", str(tmp_path))
    assert open_journal().path == tmp_path / "battles" / f"{program_digest()[:16]}.jsonl"
    monkeypatch.setattr(module, "program_digest", lambda: "f" * 64)
    assert open_journal().path.name == "ffffffffffffffff.jsonl"
