"""BentoML's application of the tiny service, started and stopped as its own server does."""

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bentos.core.asgi import App
from bentos.core.lifespan import Lifespan

with warnings.catch_warnings():
    # BentoML calls what its own dependencies have deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from tests.support.tiny.service import Tiny

SERVICE: Any = Tiny
"""The service as BentoML's decorator really returns it."""

Result = TypeVar("Result")


def in_bentoml(questions: Callable[[App], Awaitable[Result]]) -> Result:
    """Return what `questions` finds out about a fresh application."""

    async def main() -> Result:
        app: App = SERVICE.to_asgi()
        lifespan = Lifespan(app, {})
        await lifespan.start()
        try:
            return await questions(app)
        finally:
            await lifespan.stop()

    return asyncio.run(main())
