"""The frozen windows and headlines: what was promised of them, they are."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from bentos.analyst.facts import compute_facts
from bentos.core.errors import SettingsError
from training.analyst import data
from training.analyst.data import (
    KINDS,
    data_hash,
    first_windows,
    headlines_of,
    load_headlines,
    load_windows,
    write_windows,
)
from training.analyst.windows import WANTED


def test_there_are_at_least_200_windows_of_every_wanted_kind() -> None:
    windows = load_windows()
    assert len(windows) >= 200
    assert Counter(window.kind for window in windows) == WANTED
    assert len({window.name for window in windows}) == len(windows)


def test_windows_of_one_symbol_do_not_overlap() -> None:
    moments = [(candle.symbol, candle.timestamp) for window in load_windows() for candle in window.candles]
    assert len(set(moments)) == len(moments)


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_are_what_their_names_say(kind: str) -> None:
    facts = [compute_facts(window.candles) for window in load_windows() if window.kind == kind]
    assert all((one.missing > 0) is (kind == "gaps") for one in facts)
    if kind in ("rising", "falling"):
        assert all(one.trend == kind for one in facts)
    if kind == "flat":
        assert all(one.trend == "stable" for one in facts)


def test_candles_are_real_ascending_and_historical() -> None:
    for window in load_windows():
        moments = [candle.timestamp for candle in window.candles]
        assert moments == sorted(set(moments))
        assert all(candle.is_historical for candle in window.candles)
        assert all(moment.utcoffset() == timedelta(0) for moment in moments)
        assert all(candle.low <= candle.close <= candle.high for candle in window.candles)


def test_first_windows_are_a_fair_sample() -> None:
    counted = Counter(window.kind for window in first_windows(30))
    assert min(counted.values()) >= 5
    assert first_windows(0) == load_windows()
    with pytest.raises(SettingsError, match="220 frozen windows, not 221"):
        first_windows(221)


def test_headlines_come_in_turns_with_none_and_hostile_ones_among_them() -> None:
    sets = load_headlines()
    assert headlines_of(0) == headlines_of(len(sets)) == ()
    assert any("INSTRUCTIONS" in title for titles in sets for title in titles)


def test_written_windows_are_read_back_and_change_the_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, few = data_hash(), first_windows(3)
    path = tmp_path / "data" / "windows.parquet"
    write_windows(few, path)
    monkeypatch.setattr(data, "WINDOWS", path)
    assert load_windows.__wrapped__() == few
    assert data_hash() != before
