"""A language model that does what a test wrote down for it, and an observer that remembers."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import cast, get_args

from bentos.analyst.providers.base import Completion, Failure, Prompt, ProviderFailed

PROMPT = Prompt(system="You explain prices.", user="What did it do?")
ANSWER = "It rose. Volatility was low."

Step = str | ProviderFailed | float
"""Words: answer them. A kind of failure, or a failure: fail. `hangs`: never answer. A number: sleep so many
seconds, then answer. In streams `a|b|server` gives the pieces a and b, then fails; `a|ends` gives a, and no
whole answer."""

FAILURES = get_args(Failure)


class ScriptedProvider:
    """Takes one step for each request; the last one for all that follow."""

    def __init__(self, steps: Sequence[Step] = (ANSWER,), name: str = "scripted") -> None:
        self.name = name
        self.model = "script"
        self.thinking_tokens = 0
        self.steps = list(steps)
        self.asked = 0
        self.under_way = 0
        self.most_at_once = 0
        self.cancelled = 0
        self.is_closed = False

    async def complete(self, prompt: Prompt) -> Completion:
        self._begin()
        try:
            return await self._take(self._next())
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        self._begin()
        try:
            step = self._next()
            *pieces, last = step.split("|") if isinstance(step, str) else [step]
            for piece in pieces:
                yield str(piece)
            if last != "ends":
                yield await self._take(last)
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1

    async def close(self) -> None:
        self.is_closed = True

    def _begin(self) -> None:
        self.asked += 1
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)

    def _next(self) -> Step:
        return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]

    async def _take(self, step: Step) -> Completion:
        if isinstance(step, ProviderFailed):
            raise step
        if step in FAILURES:
            raise ProviderFailed(self.name, cast(Failure, step), "as written")
        if step == "hangs":
            await asyncio.Event().wait()
        await asyncio.sleep(step if isinstance(step, float) else 0)
        text = step if isinstance(step, str) else ANSWER
        return Completion(text=text, model=self.model, prompt_tokens=5, completion_tokens=7)


class Notes:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.seconds: list[float] = []
        self.breakers: list[tuple[str, bool]] = []

    def call_ended(self, provider: str, outcome: str, seconds: float) -> None:
        self.calls.append((provider, outcome))
        self.seconds.append(seconds)

    def breaker_changed(self, provider: str, is_open: bool) -> None:
        self.breakers.append((provider, is_open))

    @property
    def outcomes(self) -> list[str]:
        return [outcome for _, outcome in self.calls]
