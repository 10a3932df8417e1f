"""What every language model looks like from here."""

from collections.abc import AsyncIterator
from typing import Any, Literal, Protocol

from msgspec import Struct

Failure = Literal["timeout", "connection", "rate_limited", "server", "refused", "bad_answer"]
"""Why a call gave nothing: too slow; no connection, or it broke; 429; 5xx; another 4xx, such as a wrong key;
an answer that is none (no JSON, wrong shape, empty, far too long)."""


class Prompt(Struct, frozen=True, kw_only=True):
    """One question to a language model. A provider that can't use a constraint leaves it out."""

    system: str
    user: str
    most_tokens: int = 120
    """Longest answer, in tokens of the model."""
    grammar: str = ""
    """GBNF grammar of the answer, for llama.cpp; empty: none."""
    schema: dict[str, Any] | None = None
    """JSON Schema of the answer, an object with the one field `analysis`; None: plain text."""


class Completion(Struct, frozen=True, kw_only=True):
    """A whole answer: its text, the model that wrote it, and what it cost in tokens."""

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int


class ProviderFailed(Exception):
    """A call gave nothing. `retry_after_seconds` is what the provider asked for, if it did."""

    def __init__(
        self, provider: str, failure: Failure, detail: str, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(f"{provider}: {failure}: {detail}")
        self.provider = provider
        self.failure = failure
        self.retry_after_seconds = retry_after_seconds


class Provider(Protocol):
    """One language model. Calls may be cancelled at any time."""

    @property
    def name(self) -> str:
        """The name under which settings and metrics know it."""
        ...

    @property
    def model(self) -> str:
        """The model that it is asked for."""
        ...

    @property
    def thinking_tokens(self) -> int:
        """Tokens that an answer may take beyond `Prompt.most_tokens`, because the model thinks before it
        writes."""
        ...

    async def complete(self, prompt: Prompt) -> Completion:
        """Return the whole answer. Raises ProviderFailed, and nothing else."""
        ...

    def stream(self, prompt: Prompt) -> AsyncIterator[str | Completion]:
        """Yield pieces of the answer as they come, and last the whole. Raises ProviderFailed only."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
