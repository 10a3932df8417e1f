"""What the tiny service keeps open beside its model, and how that can go wrong."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, Gauge

from bentos.core.errors import SettingsError

if TYPE_CHECKING:
    from tests.support.tiny.definition import TinyPredictor

MOISTURE = 0.4
BEHAVIOUR = "TINY_SOIL"
"""Environment variable: `refused`, `faulty` and `endless` go wrong before it is open, `lost` soon after,
`stuck` and `spoilt` when it is closed."""

_log = structlog.get_logger("tiny.soil")


@asynccontextmanager
async def open_soil(predictor: "TinyPredictor", registry: CollectorRegistry) -> AsyncIterator[None]:
    behaviour = os.environ.get(BEHAVIOUR, "")
    await _before(behaviour)
    Gauge("tiny_soil_moisture", "How wet the soil is.", registry=registry).set(MOISTURE)
    async with asyncio.TaskGroup() as group:
        watering = group.create_task(_water(behaviour))
        predictor.moisture = MOISTURE
        _log.info("The soil is open")
        try:
            yield
        finally:
            predictor.moisture = None
            watering.cancel()
    await _after(behaviour)
    _log.info("The soil is closed")


async def _before(behaviour: str) -> None:
    if behaviour == "refused":
        raise SettingsError("TINY_SOIL is refused.")
    if behaviour == "faulty":
        raise ZeroDivisionError("the soil is all sand")
    if behaviour == "endless":
        await asyncio.Event().wait()


async def _water(behaviour: str) -> None:
    """Run in the background until it is cancelled, or fail."""
    await asyncio.sleep(0.2 if behaviour == "lost" else 3600)
    raise ZeroDivisionError("the water is gone")


async def _after(behaviour: str) -> None:
    if behaviour == "spoilt":
        raise ZeroDivisionError("the soil is spoilt")
    while behaviour == "stuck":
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            _log.info("The soil is let go")
            raise
