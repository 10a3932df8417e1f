"""How many requests each API key may send to this process.

The library `limits` counts them in memory, in windows that follow each other (every full second, minute or
hour): 10 µs a request, a third of what a sliding window costs. Keys are remembered by their digest, and only
those that were accepted: their number is bounded, and none is told.
"""

import hashlib
import math
import time
from collections.abc import Callable

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from bentos.core.auth import Guard, key_of
from bentos.core.errors import RateLimited, SettingsError
from bentos.core.exchange import Exchange

_SETTING = "EKIBEN_RATE_LIMIT_PER_KEY"


class RateLimitingGuard:
    """Admits whom another guard admits, so many times a second (minute, hour, day)."""

    wants_key = True

    def __init__(self, guard: Guard, limit: str, on_refusal: Callable[[], None] = lambda: None) -> None:
        self._guard = guard
        self._on_refusal = on_refusal
        self._limit = parse_limit(limit)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def admit(self, exchange: Exchange) -> None:
        """Raise Unauthorized unless the guard admits the request, RateLimited if its key has had enough."""
        self._guard.admit(exchange)
        caller = hashlib.sha256(key_of(exchange) or b"").hexdigest()
        if not self._limiter.hit(self._limit, caller):
            self._on_refusal()
            reset_at = self._limiter.get_window_stats(self._limit, caller).reset_time
            raise RateLimited(str(self._limit), max(1, math.ceil(reset_at - time.time())))


def limit_rate(guard: Guard | None, limit: str, on_refusal: Callable[[], None]) -> RateLimitingGuard:
    """Return a guard that also counts. Raises SettingsError if there are no keys to count by, or if the limit
    is none."""
    if guard is None or not guard.wants_key:
        raise SettingsError(f"{_SETTING} counts by API key, but EKIBEN_AUTH_KEY_DIGESTS names no key digest.")
    return RateLimitingGuard(guard, limit, on_refusal)


def parse_limit(written: str) -> RateLimitItem:
    """Return a limit such as `100/second`. Raises SettingsError."""
    try:
        limits = parse_many(written)
    except ValueError:
        limits = []
    if len(limits) != 1 or limits[0].amount < 1:
        raise SettingsError(f"{_SETTING}: {written!r} is not a limit such as 100/second.")
    return limits[0]
