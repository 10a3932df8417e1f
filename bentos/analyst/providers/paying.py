"""Who pays for requests to language models, and is asked before each of them, a retry or not."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from bentos.analyst.providers.base import Completion, Prompt


class Bill:
    """One request. Its answer is left here, once it is there: that tells what it cost."""

    def __init__(self) -> None:
        self.answer: Completion | None = None


class Payer(Protocol):
    """Decides which requests are made."""

    def request(self, prompt: Prompt, thinking_tokens: int) -> AbstractAsyncContextManager[Bill]:
        """Let one request be made in this block. `thinking_tokens` may be used beyond the longest answer.

        Raises, before the block, what it likes if the request must not be made: then nobody else is asked
        either. How the block is left tells what the request cost.
        """
        ...


class Free:
    """Lets every request be made."""

    @asynccontextmanager
    async def request(self, prompt: Prompt, thinking_tokens: int) -> AsyncIterator[Bill]:
        """Let one request be made in this block."""
        yield Bill()
