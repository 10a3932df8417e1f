"""Says a text sentence by sentence while it is still being written: only what stays true whatever follows."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from bentos.analyst.checks import Opening
from bentos.analyst.checks.sentences import complete_sentences, split_sentences
from bentos.analyst.progress import Progress

PAUSE_SECONDS = 1.0
"""Longest pause in a text that is being written; models write many words in a second."""

Check = Callable[[str], Opening]
"""Returns which sentences of an unfinished text are complete, and whether they may be said."""


async def read_along(progress: Progress, check: Check, until: float) -> AsyncGenerator[str, None]:
    """Yield sentences that passed, as they are completed, until the text is over or one fails.

    Nobody waits beyond `until`, in seconds of the event loop's clock, except for the next piece of a text
    that has begun, and for that one not longer than `PAUSE_SECONDS`.
    """
    told = ""
    while True:
        complete = complete_sentences(progress.text)
        if len(complete) > len(told):
            if not check(progress.text).passed:
                return
            for sentence in split_sentences(complete[len(told) :]):
                yield sentence
            told = complete
        if progress.text:
            until = max(until, asyncio.get_running_loop().time() + PAUSE_SECONDS)
        if progress.is_over or not await _wait(progress, until):
            return


async def _wait(progress: Progress, until: float) -> bool:
    """Wait for another piece; return whether one came in time."""
    try:
        async with asyncio.timeout_at(until):
            await progress.wait()
    except TimeoutError:
        return False
    return True
