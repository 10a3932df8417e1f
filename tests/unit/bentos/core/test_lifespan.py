"""Another application's start and stop."""

import asyncio

import pytest

from bentos.core.asgi import Receive, Scope, Send
from bentos.core.exchange import CURRENT
from bentos.core.lifespan import Lifespan
from tests.support.exchanges import exchange


class Recorder:
    """An application that remembers what happened to it, and answers as it is told to."""

    def __init__(self, startup: str = "complete", shutdown: str = "complete") -> None:
        self.answers = {"lifespan.startup": startup, "lifespan.shutdown": shutdown}
        self.heard: list[str] = []
        self.scope: Scope = {}
        self.exchange: object = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.exchange = scope, CURRENT.get()
        for _ in range(2):
            event = (await receive())["type"]
            self.heard.append(event)
            answer = self.answers[event]
            if answer == "raise":
                raise LookupError("no disk")
            if answer == "return":
                return
            await send({"type": f"{event}.{answer}", "message": "no disk"})


def run(app: Recorder) -> None:
    async def main() -> None:
        CURRENT.set(exchange())
        lifespan = Lifespan(app, {"mark": 1})
        await lifespan.start()
        await lifespan.stop()

    asyncio.run(main())


def test_application_is_started_and_stopped_outside_of_any_request() -> None:
    app = Recorder()
    run(app)
    assert app.heard == ["lifespan.startup", "lifespan.shutdown"]
    assert (app.scope["type"], app.scope["mark"]) == ("lifespan", 1)
    assert app.exchange is None


def test_application_that_knows_no_lifespan_just_ends() -> None:
    app = Recorder(startup="return")
    run(app)
    assert app.heard == ["lifespan.startup"]


def test_failure_to_start_is_told() -> None:
    with pytest.raises(RuntimeError, match="failed at startup: no disk"):
        run(Recorder(startup="failed"))
    with pytest.raises(LookupError, match="no disk"):
        run(Recorder(startup="raise"))


def test_failure_to_stop_is_told() -> None:
    with pytest.raises(RuntimeError, match="failed at shutdown: no disk"):
        run(Recorder(shutdown="failed"))
