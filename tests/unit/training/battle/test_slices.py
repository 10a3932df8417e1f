"""New battles to learn from: drawn anew each time, made once, and never mixed with those that judge."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pytest

from training.battle import journal, slices
from training.battle.battles import OtherSimulator, to_draws
from training.battle.data import load_battles, write_battles
from training.battle.pairings import LEARNT, draw_pairings, draw_slice
from training.battle.pipeline import BattlePipeline
from training.battle.simulator import Pairing, Result, program_digest
from training.battle.slices import SlicesUnavailable, add_slice, load_slices, open_slices, whole_data_hash

BASE_PAIRINGS = 40


def _result(pairing: Pairing) -> Result:
    return Result(index=pairing.index, battles=pairing.count, wins_1=3, ties=0, turns=9)


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small base beside an empty home."""
    path = tmp_path / "battles.parquet"
    frame = pd.DataFrame(
        [
            (draw.one.species, draw.one.moves, draw.two.species, draw.two.moves, 7, 3, draw.stratum)
            for draw in draw_pairings(BASE_PAIRINGS)
        ],
        columns=["species_1", "moves_1", "species_2", "moves_2", "battles", "wins_1", "stratum"],
    )
    write_battles(frame, path, program_digest())
    monkeypatch.setattr(slices, "BATTLES", path)
    monkeypatch.setattr(slices, "load_battles", lambda source=path: load_battles(source))
    monkeypatch.setenv("EKIBEN_HOME", str(tmp_path / "home"))
    return path


@pytest.fixture
def fought(base: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what a simulator is given that makes results up."""
    given: list[int] = []

    def simulate(pairings: Sequence[Pairing], processes: int) -> Iterator[list[Result]]:
        assert processes >= 1
        given.append(len(pairings))
        for start in range(0, len(pairings), 4):
            yield [_result(pairing) for pairing in pairings[start : start + 4]]

    monkeypatch.setattr(journal, "simulate", simulate)
    return given


def quiet(_sentence: str) -> None:
    """Progress that nobody reads."""


def test_slice_continues_itself_and_repeats_nothing() -> None:
    short, long = draw_slice(1, 20, set()), draw_slice(1, 30, set())
    assert long[:20] == short
    known = {draw.key for draw in long}
    assert not known & {draw.key for draw in draw_slice(1, 20, known)}
    assert draw_slice(2, 20, set()) != short
    assert {draw.split for draw in long} <= LEARNT


def test_slices_are_numbered_and_share_no_pairing(base: Path, fought: list[int]) -> None:
    add_slice(12, quiet)
    add_slice(8, quiet)
    assert [one.name for one in open_slices().list_all()] == ["slice-0001-12.parquet", "slice-0002-8.parquet"]
    frames = load_slices()
    assert [len(frame) for frame in frames] == [12, 8] == fought
    keys = [draw.key for frame in (load_battles(base), *frames) for draw in to_draws(frame)]
    assert len(set(keys)) == len(keys) == BASE_PAIRINGS + 20
    assert {split for frame in frames for split in frame["split"]} <= LEARNT


def test_every_slice_changes_the_hash_and_none_leaves_it_as_it_was(fought: list[int]) -> None:
    before = whole_data_hash()
    assert not BattlePipeline().has_gathered()
    add_slice(4, quiet)
    first = whole_data_hash()
    add_slice(4, quiet)
    assert len({before, first, whole_data_hash()}) == 3
    assert BattlePipeline().has_gathered()


def test_another_home_makes_the_same_slice(
    base: Path, fought: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_slice(6, quiet)
    first = whole_data_hash()
    monkeypatch.setenv("EKIBEN_DATA_URI", str(base.parent / "elsewhere"))
    add_slice(6, quiet)
    assert whole_data_hash() == first


def test_interrupted_run_goes_on_and_leaves_no_journal(tmp_path: Path, fought: list[int]) -> None:
    def stop(sentence: str) -> None:
        if sentence.startswith("fought 8"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_slice(12, stop)
    assert open_slices().list_all() == []
    add_slice(12, quiet)
    assert fought == [12, 4]
    assert not list((tmp_path / "home" / "battles").iterdir())


def test_other_simulator_adds_nothing(fought: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "program_digest", lambda: "f" * 64)
    with pytest.raises(OtherSimulator):
        add_slice(4, quiet)


def test_slices_that_can_not_be_read_are_a_data_error(
    fought: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKIBEN_DATA_URI", "nonsense://x")
    with pytest.raises(SlicesUnavailable, match="nonsense"):
        whole_data_hash()
    with pytest.raises(SlicesUnavailable):
        open_slices().read(slices.Slice(1, 1))
    with pytest.raises(SlicesUnavailable):
        open_slices().write(slices.Slice(1, 1), b"")
