"""Conversations with language models: in time, and shown to who reads along."""

import asyncio
from contextlib import aclosing

from bentos.analyst.progress import Progress
from bentos.analyst.providers.base import Completion, Prompt
from bentos.analyst.providers.chain import Chain, NoAnswer


class Asking:
    """Begins conversations, each of which may take `call_seconds`."""

    def __init__(self, chain: Chain, call_seconds: float) -> None:
        self._chain = chain
        self._call_seconds = call_seconds

    @property
    def is_vain(self) -> bool:
        """Whether there is nobody to ask."""
        return not self._chain.models

    def begin(self, progress: Progress | None) -> "Conversation":
        """Begin a conversation about one text; with `progress` its first answer is streamed there."""
        ends_at = asyncio.get_running_loop().time() + self._call_seconds
        return Conversation(self._chain, ends_at, progress)


class Conversation:
    """One question, and perhaps a second one with a complaint about the answer. `provider` is who answered
    last."""

    def __init__(self, chain: Chain, ends_at: float, progress: Progress | None) -> None:
        self._chain = chain
        self._ends_at = ends_at
        self._progress = progress
        self.provider = ""

    async def ask(self, prompt: Prompt) -> Completion:
        """Return the answer. Raises NoAnswer, or what the chain's payer raises."""
        progress, self._progress = self._progress, None
        if progress is None:
            return await self._complete(prompt)
        try:
            return await self._stream(prompt, progress)
        finally:
            progress.close()

    def _seconds_left(self) -> float:
        return self._ends_at - asyncio.get_running_loop().time()

    async def _complete(self, prompt: Prompt) -> Completion:
        self.provider, completion = await self._chain.complete(prompt, self._seconds_left())
        return completion

    async def _stream(self, prompt: Prompt, progress: Progress) -> Completion:
        completion = None
        async with aclosing(self._chain.stream(prompt, self._seconds_left())) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    progress.add(piece)
                else:
                    self.provider, completion = piece
        if completion is None:
            raise NoAnswer(["a stream ended without its end"])
        return completion
