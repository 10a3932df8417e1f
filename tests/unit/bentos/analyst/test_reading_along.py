"""What is said of a text while it is still being written."""

import asyncio

import pytest

from bentos.analyst.checks import CheckResult, Opening
from bentos.analyst.checks.sentences import complete_sentences
from bentos.analyst.progress import Progress
from bentos.analyst.reading_along import read_along
from tests.support.in_loop import in_loop

SOON = 0.05


def check(text: str) -> Opening:
    """Let everything pass but lies."""
    complete = complete_sentences(text)
    return Opening(complete, (CheckResult("direction", "lie" not in complete, ""),))


class Reader:
    """Reads along and keeps what it was told."""

    def __init__(self, progress: Progress, seconds: float = 60.0) -> None:
        self.told: list[str] = []
        self.until = asyncio.get_running_loop().time() + seconds
        self.task = asyncio.create_task(self._read(progress))

    async def _read(self, progress: Progress) -> None:
        async for sentence in read_along(progress, check, self.until):
            self.told.append(sentence)

    async def settled(self) -> list[str]:
        for _ in range(5):
            await asyncio.sleep(0)
        return self.told


@in_loop
async def test_sentence_is_told_once_something_follows_it() -> None:
    progress = Progress()
    reader = Reader(progress)
    progress.add("It rose by 2.")
    assert await reader.settled() == []
    progress.add("5%.")
    assert await reader.settled() == []
    progress.add(" Vol")
    assert await reader.settled() == ["It rose by 2.5%."]
    progress.add("atility was low. And")
    assert await reader.settled() == ["It rose by 2.5%.", "Volatility was low."]
    progress.close()
    await reader.task


@in_loop
async def test_two_sentences_at_once_are_two() -> None:
    progress = Progress()
    progress.add("One is here. Two is here. Th")
    progress.close()
    reader = Reader(progress)
    await reader.task
    assert reader.told == ["One is here.", "Two is here."]


@in_loop
async def test_nothing_is_told_from_the_sentence_on_that_fails() -> None:
    progress = Progress()
    reader = Reader(progress)
    progress.add("It is true. It is")
    assert await reader.settled() == ["It is true."]
    progress.add(" a lie. It is true")
    await reader.task
    assert reader.told == ["It is true."]


@in_loop
async def test_text_that_does_not_begin_in_time_is_not_waited_for() -> None:
    reader = Reader(Progress(), SOON)
    await reader.task
    assert reader.told == []


@in_loop
async def test_text_that_began_in_time_is_waited_for() -> None:
    progress = Progress()
    reader = Reader(progress, SOON)
    progress.add("It ")
    await asyncio.sleep(2 * SOON)
    assert not reader.task.done()
    progress.add("is true. It")
    progress.close()
    await reader.task
    assert reader.told == ["It is true."]


@in_loop
async def test_text_that_stops_in_the_middle_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bentos.analyst.reading_along.PAUSE_SECONDS", SOON)
    progress = Progress()
    reader = Reader(progress, SOON)
    progress.add("It is true. It")
    await reader.task
    assert reader.told == ["It is true."]
    assert not progress.is_over
