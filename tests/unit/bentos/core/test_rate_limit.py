"""How often each key may call."""

import hashlib

import pytest

from bentos.core.auth import KeyRing, LoopbackOnly
from bentos.core.errors import RateLimited, SettingsError, Unauthorized
from bentos.core.exchange import Exchange
from bentos.core.rate_limit import RateLimitingGuard, limit_rate, parse_limit
from tests.support.exchanges import exchange

KEYS = ("one key", "another key")
RING = KeyRing([hashlib.sha256(key.encode()).digest() for key in KEYS])


def by(key: str) -> Exchange:
    return exchange(headers={"x-api-key": key})


def test_key_that_has_had_enough_is_told_when_to_come_back() -> None:
    guard = RateLimitingGuard(RING, "3/day")
    for _ in range(3):
        guard.admit(by(KEYS[0]))
    with pytest.raises(RateLimited, match="3 per 1 day") as refused:
        guard.admit(by(KEYS[0]))
    ((name, value),) = refused.value.headers
    assert name == b"retry-after"
    assert 1 <= int(value) <= 24 * 3600
    guard.admit(by(KEYS[1]))


def test_key_is_the_same_in_whichever_header_it_comes() -> None:
    guard = RateLimitingGuard(RING, "2/day")
    guard.admit(by(KEYS[0]))
    guard.admit(exchange(headers={"authorization": f"bearer {KEYS[0]}"}))
    for scheme in ("bearer", "Bearer", "BEARER  "):
        with pytest.raises(RateLimited):
            guard.admit(exchange(headers={"authorization": f"{scheme} {KEYS[0]}"}))


def test_unknown_keys_are_refused_as_such_and_not_counted() -> None:
    refusals: list[str] = []
    guard = RateLimitingGuard(RING, "1/day", lambda: refusals.append("refused"))
    for _ in range(5):
        with pytest.raises(Unauthorized):
            guard.admit(by("a guess"))
    assert refusals == []
    guard.admit(by(KEYS[0]))
    with pytest.raises(RateLimited):
        guard.admit(by(KEYS[0]))
    assert refusals == ["refused"]


@pytest.mark.parametrize(
    "written", ["", "100", "many/second", "0/second", "5/fortnight", "1/second;5/minute"]
)
def test_limit_that_makes_no_sense_is_named(written: str) -> None:
    with pytest.raises(SettingsError, match=f"EKIBEN_RATE_LIMIT_PER_KEY: '{written}' is not a limit"):
        parse_limit(written)


@pytest.mark.parametrize("guard", [None, LoopbackOnly()])
def test_without_keys_there_is_nothing_to_count_by(guard: LoopbackOnly | None) -> None:
    with pytest.raises(SettingsError, match="counts by API key"):
        limit_rate(guard, "1/second", lambda: None)
