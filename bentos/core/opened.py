"""What a service keeps open beside its model while it answers, such as databases and tasks."""

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry

from bentos.core.errors import EkibenError
from bentos.core.loggers import get_logger
from bentos.core.routing import Opening, ServiceDefinition

LEAVE_SECONDS = 5.0
"""Longest wait for a service to close what it opened; then it is cancelled."""

_log = get_logger("ekiben.opened")


class OpenedService:
    """The context that a definition's `open` makes, if there is one.

    It is entered and left in one task, because task groups and time limits must be. If it ends by itself,
    `on_lost` is called with an exit code: the service answers without what it needs.
    """

    def __init__(
        self, definition: ServiceDefinition, registry: CollectorRegistry, on_lost: Callable[[int], None]
    ) -> None:
        self._open = definition.open
        self._registry = registry
        self._on_lost = on_lost
        self._entered = asyncio.Event()
        self._leaving = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self, predictor: Any) -> None:
        """Enter the context. Raises what it raises."""
        if self._open is None:
            return
        # In a context of its own: what it logs later belongs to no request.
        self._task = asyncio.create_task(self._live(self._open, predictor), context=contextvars.Context())
        entered = asyncio.create_task(self._entered.wait())
        try:
            await asyncio.wait({self._task, entered}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            entered.cancel()
        if self._task.cancelled():
            raise RuntimeError("The context of the service was cancelled before it was entered.")
        if not self._entered.is_set():
            self._task.result()
        self._task.add_done_callback(self._look_after)

    async def stop(self) -> int:
        """Leave the context and return the exit code: 0, or that of what went wrong, which is logged."""
        if self._task is None or self._task.done():
            return 0
        self._leaving.set()
        if not self._entered.is_set():
            self._task.cancel()
        _, late = await asyncio.wait({self._task}, timeout=LEAVE_SECONDS)
        if late:
            _log.warning("The service does not close what it opened; it is left behind")
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=LEAVE_SECONDS)
            return 1
        return _report(self._task)

    async def _live(self, opening: Opening, predictor: Any) -> None:
        async with opening(predictor, self._registry):
            self._entered.set()
            await self._leaving.wait()

    def _look_after(self, task: asyncio.Task[None]) -> None:
        if not self._leaving.is_set():
            self._on_lost(_report(task) or 1)


def _report(task: asyncio.Task[None]) -> int:
    """Log what ended a task, if it failed, and return the exit code for it."""
    error = None if task.cancelled() else task.exception()
    if error is None:
        return 0
    if isinstance(error, EkibenError):
        _log.error(str(error), exit_code=error.exit_code)
        return error.exit_code
    _log.error("What the service keeps open failed", exit_code=1, exc_info=error)
    return 1
