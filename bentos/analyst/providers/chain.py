"""Several providers in order: the next is asked when one gives nothing."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from bentos.analyst.providers.base import Completion, Prompt, ProviderFailed
from bentos.analyst.providers.resilience import Guarded, NotAsked


class NoAnswer(Exception):
    """No provider gave an answer in time. `reasons` says for each why; empty if there is none to ask."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons) or "no language model is set")
        self.reasons = tuple(reasons)


class Chain:
    """Providers in the order in which they are asked. May be empty: then there is never an answer."""

    def __init__(self, providers: Sequence[Guarded]) -> None:
        self._providers = tuple(providers)

    @property
    def models(self) -> dict[str, str]:
        """The model of each provider, by its name, in the order in which they are asked."""
        return {provider.name: provider.model for provider in self._providers}

    async def complete(self, prompt: Prompt, within_seconds: float) -> tuple[str, Completion]:
        """Return the name of the provider that answered, and its answer. Raises NoAnswer in time, or what the
        payer raises. Each provider may use an equal part of the time that is left when its turn comes."""
        ends = time.monotonic() + within_seconds
        reasons: list[str] = []
        for index, provider in enumerate(self._providers):
            share = (ends - time.monotonic()) / (len(self._providers) - index)
            try:
                return provider.name, await provider.complete(prompt, share)
            except (ProviderFailed, NotAsked) as failed:
                reasons.append(str(failed))
        raise NoAnswer(reasons)

    async def stream(
        self, prompt: Prompt, within_seconds: float
    ) -> AsyncGenerator[str | tuple[str, Completion], None]:
        """Yield pieces of one provider's answer as they come, and last what `complete` returns.

        Another provider is asked only as long as no piece came: each may use an equal part of the time for
        its first, and all of it for the rest. Raises NoAnswer, also in the middle of an answer, or what the
        payer raises. Who stops early must close it (`contextlib.aclosing`).
        """
        ends = time.monotonic() + within_seconds
        reasons: list[str] = []
        for index, provider in enumerate(self._providers):
            left = ends - time.monotonic()
            share = left / (len(self._providers) - index)
            has_begun = False
            try:
                async with aclosing(provider.stream(prompt, left, first_within_seconds=share)) as pieces:
                    async for piece in pieces:
                        has_begun = True
                        yield (provider.name, piece) if isinstance(piece, Completion) else piece
                return
            except (ProviderFailed, NotAsked) as failed:
                reasons.append(str(failed))
                if has_begun:
                    break
        raise NoAnswer(reasons)

    async def close(self) -> None:
        """Let go of all connections."""
        for provider in self._providers:
            await provider.close()
