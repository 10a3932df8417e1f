"""Where candles are missing."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def missing_spans(
    timestamps: Iterable[datetime], since: datetime, interval: timedelta
) -> list[tuple[datetime, datetime]]:
    """Return the spans in which whole intervals have no candle: beginning of the first missing one, and
    beginning of the next one that is there.

    `timestamps`, ascending and none before `since`, are the beginnings of intervals that have a candle. The
    first one that is expected is the first whole one from `since` on, counted from 1970; after the last
    candle none is expected.
    """
    expected = since + (EPOCH - since) % interval
    spans = []
    for timestamp in timestamps:
        if timestamp - expected >= interval:
            spans.append((expected, timestamp))
        expected = timestamp + interval
    return spans
