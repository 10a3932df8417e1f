"""A stream of the tiny service: a tree's rings, one by one."""

import asyncio
from collections.abc import AsyncIterator

import structlog

from bentos.core.errors import DependencyUnavailable
from bentos.core.streaming import Event
from tests.support.tiny.api import Ring

RINGS = 3

_log = structlog.get_logger("tiny.growing")


async def grow(
    rings: int = RINGS,
    pause_seconds: float = 0.0,
    first_pause_seconds: float = 0.0,
    refused_at: int = -1,
    faulty_at: int = -1,
    language: str | None = None,
) -> AsyncIterator[Event]:
    """Yield rings; fail before one of them if asked to."""
    try:
        await asyncio.sleep(first_pause_seconds)
        for number in range(rings):
            if number == refused_at:
                raise DependencyUnavailable("There is no water.", retry_after_seconds=7)
            if number == faulty_at:
                raise ZeroDivisionError("a secret about our insides")
            yield Event("ring", Ring(number, language or "none"))
            await asyncio.sleep(pause_seconds)
    finally:
        _log.info("Growing ended")
