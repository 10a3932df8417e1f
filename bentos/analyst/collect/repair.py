"""Which hours are missing, and in how few questions they can be asked for."""

from collections.abc import Collection
from datetime import datetime, timedelta

from bentos.analyst.collect.sources.base import HOUR

Span = tuple[datetime, datetime]
"""Hours that begin at or after the first moment and before the second."""


def hour_of(moment: datetime) -> datetime:
    """Return the begin of the hour, on the clock of UTC, in which a moment lies."""
    return moment - timedelta(seconds=moment.timestamp() % HOUR.total_seconds())


def missing_hours(known: Collection[datetime], since: datetime, until: datetime) -> list[datetime]:
    """Return the hours from `since` to before `until` that are not known, ascending. Both lie on the hour."""
    hours = (since + HOUR * count for count in range((until - since) // HOUR))
    return [hour for hour in hours if hour not in known]


def questions(hours: Collection[datetime], most_hours: int) -> list[Span]:
    """Return spans that cover the hours, the newest first, each of at most `most_hours`.

    The newest comes first because a source that has nothing for a span has nothing for older ones either.
    """
    left = sorted(hours)
    spans: list[Span] = []
    while left:
        until = left[-1] + HOUR
        covered = [hour for hour in left if hour >= until - HOUR * most_hours]
        spans.append((covered[0], until))
        del left[-len(covered) :]
    return spans
