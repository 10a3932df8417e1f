"""Calls to language models that are meant to fail, and what their failures tell."""

import traceback
from collections.abc import AsyncIterator, Awaitable

from bentos.analyst.providers.base import Completion, ProviderFailed

KEY = "sk-proj-a-key-that-nobody-may-see"


async def failure_of(call: Awaitable[Completion]) -> ProviderFailed:
    """Return how a call fails; fail if it does not."""
    try:
        completion = await call
    except ProviderFailed as failed:
        return failed
    raise AssertionError(f"answered: {completion.text[:100]}")


async def stream_failure_of(pieces: AsyncIterator[str | Completion]) -> ProviderFailed:
    """Return how a stream fails; fail if it does not."""
    try:
        got = [piece async for piece in pieces]
    except ProviderFailed as failed:
        return failed
    raise AssertionError(f"answered: {got[-1]!r:.100}")


def leaks(failed: ProviderFailed) -> bool:
    """Return whether the key is in anything that would be logged about a failure."""
    told = [str(failed), repr(failed), repr(failed.args), *traceback.format_exception(failed)]
    return any(KEY in text for text in told)
