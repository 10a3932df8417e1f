"""BentoML's application inside of our own process, for the paths that only BentoML knows.

Importing BentoML takes seconds and a hundred megabytes, so it waits for the first such path, and happens in a
thread while the event loop goes on answering.
"""

import asyncio
import importlib
import os

from bentos.core.asgi import App, Receive, Scope, Send
from bentos.core.bento_gateway import GATEWAY_KEY
from bentos.core.lifespan import Lifespan
from bentos.core.loggers import get_logger
from bentos.core.logs import adopt_foreign_loggers
from bentos.core.threads import run_in_daemon_thread

_log = get_logger("ekiben.bento")


class MountedBento:
    """The ASGI application of a BentoML service, named `module:attribute`, imported when it is first asked
    for."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._app: App | None = None
        self._lifespan: Lifespan | None = None
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have BentoML answer."""
        app = self._app or await self._mount()
        await app({**scope, GATEWAY_KEY: True}, receive, send)

    async def close(self) -> None:
        """Stop what was started."""
        if self._lifespan is not None:
            await self._lifespan.stop()

    async def _mount(self) -> App:
        async with self._lock:
            if self._app is None:
                app = await run_in_daemon_thread(self._import)
                adopt_foreign_loggers()
                lifespan = Lifespan(app, {GATEWAY_KEY: True})
                await lifespan.start()
                self._app, self._lifespan = app, lifespan
                _log.info("BentoML's application is mounted", bento=self._target)
        return self._app

    def _import(self) -> App:
        os.environ.setdefault("BENTOML_DO_NOT_TRACK", "true")
        module, _, attribute = self._target.partition(":")
        app: App = getattr(importlib.import_module(module), attribute).to_asgi()
        return app
