"""What every source looks like from here: how to ask it, and how to read what it says."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from bentos.analyst.candles import Candle
from bentos.analyst.collect.http import SourceFailed

HOUR = timedelta(hours=1)
"""Length of the candles that are collected."""

_Shape = TypeVar("_Shape")


class PriceSource(Struct, frozen=True, kw_only=True):
    """A public price API with hourly candles."""

    name: str
    address: str
    """Scheme and host; a mirror or a stand-in can take its place."""
    most_candles: int
    """Candles that one answer holds at most."""
    ask: Callable[[str, datetime, datetime], tuple[str, dict[str, str]]]
    """Path and parameters of the question for a symbol's candles that begin at or after the first moment and
    before the second. Answers may hold others as well."""
    read: Callable[[bytes, str], Sequence[Candle]]
    """The candles of the symbol in an answer, in any order. Raises SourceFailed for anything else."""


class NewsSource(Struct, frozen=True, kw_only=True):
    """A public feed of headlines in RSS or Atom."""

    name: str
    address: str
    """Scheme, host and path of the feed."""


def decode(body: bytes, shape: Any, source: str) -> Any:
    """Return the JSON document in `shape`, with numbers written as strings read as numbers.

    Raises SourceFailed for half a document and for one of another shape.
    """
    try:
        return msgspec.json.decode(body, type=shape, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceFailed(source, "bad_answer", str(error)[:200]) from error


def moment(count: int, source: str, per_second: int = 1) -> datetime:
    """Return the moment that many seconds, or parts of a second, after the beginning of 1970. Raises
    SourceFailed if no calendar has it."""
    try:
        return datetime.fromtimestamp(count / per_second, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise SourceFailed(source, "bad_answer", f"no moment: {count}"[:200]) from error
