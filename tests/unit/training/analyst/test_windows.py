"""Windows are drawn by rules in plain numbers, the same ones each time."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest

from bentos.analyst.candles import Candle
from tests.support.price_walks import walk
from training.analyst import windows
from training.analyst.data import Kind
from training.analyst.windows import SYMBOLS, Chooser, Shape, TooFewWindows

FEW: Mapping[Kind, int] = {"rising": 3, "falling": 3, "flat": 2, "volatile": 2, "gaps": 3}


@pytest.fixture(scope="module")
def archive() -> Mapping[str, Sequence[Candle]]:
    return {symbol: walk(seed, closes=4000, swing=0.01) for seed, symbol in enumerate(SYMBOLS)}


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "WANTED", FEW)


def test_wanted_numbers_are_drawn_and_the_same_seed_draws_the_same(
    archive: Mapping[str, Sequence[Candle]],
) -> None:
    chosen = Chooser(archive, seed=1).choose()
    assert Counter(window.kind for window in chosen) == FEW
    assert Chooser(archive, seed=1).choose() == chosen
    assert Chooser(archive, seed=2).choose() != chosen
    assert {window.kind for window in chosen[:5]} == set(FEW)


def test_archive_that_never_moves_has_too_few_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "MOST_DRAWS", 500)
    still = {symbol: walk(1, closes=400, swing=0.0) for symbol in SYMBOLS}
    with pytest.raises(TooFewWindows, match="'rising': 0"):
        Chooser(still, seed=1).choose()


def _shape(*closes: float) -> Shape:
    candles = walk(1, closes=len(closes))
    return Shape(
        [
            Candle(
                symbol="BTC",
                timestamp=candle.timestamp,
                open=close,
                high=close,
                low=close,
                close=close,
                volume=0.0,
                source="test",
            )
            for candle, close in zip(candles, closes, strict=True)
        ]
    )


def test_kinds_are_told_apart_by_their_numbers() -> None:
    straight, back = _shape(100, 101, 102), _shape(102, 101, 100)
    there_and_back, nervous = _shape(100, 100.5, 100.01), _shape(100, 110, 95, 101)
    assert [straight.is_of(kind, 0.1) for kind in ("rising", "falling", "flat")] == [True, False, False]
    assert [back.is_of(kind, 0.1) for kind in ("rising", "falling", "flat")] == [False, True, False]
    assert there_and_back.is_of("flat", 0.1)
    assert nervous.is_of("volatile", 0.05)
    assert not nervous.is_of("volatile", 0.5)
    assert not straight.is_of("volatile", 0.0)
