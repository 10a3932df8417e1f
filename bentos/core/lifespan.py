"""Start and stop another ASGI application, as a server would."""

import asyncio
import contextvars
from collections.abc import Mapping
from typing import Any

from bentos.core.asgi import App, Message


class Lifespan:
    """The time in which an application runs inside of ours."""

    def __init__(self, app: App, scope: Mapping[str, Any]) -> None:
        self._app = app
        self._scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": {},
            **scope,
        }
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the application. Raises RuntimeError if it says that it failed, or what it raises."""
        # In a context of its own: what the application logs is not about the request that had it started.
        self._task = asyncio.get_running_loop().create_task(self._run(), context=contextvars.Context())
        await self._tell("startup", self._task)

    async def stop(self) -> None:
        """Stop the application and wait until it has."""
        if self._task is not None and not self._task.done():
            await self._tell("shutdown", self._task)
            await self._task

    async def _run(self) -> None:
        await self._app(self._scope, self._to_app.get, self._from_app.put)

    async def _tell(self, phase: str, task: asyncio.Task[None]) -> None:
        """Send one event and wait for its answer, or for the application to end without one."""
        await self._to_app.put({"type": f"lifespan.{phase}"})
        answer = asyncio.ensure_future(self._from_app.get())
        await asyncio.wait({answer, task}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            task.result()
        elif answer.result()["type"] != f"lifespan.{phase}.complete":
            raise RuntimeError(f"The application failed at {phase}: {answer.result().get('message', '')}")
