"""How far a text has come."""

import asyncio

from bentos.analyst.progress import Progress
from tests.support.in_loop import in_loop


@in_loop
async def test_all_who_wait_hear_of_each_piece() -> None:
    progress = Progress()
    waiting = [asyncio.create_task(progress.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    progress.add("The ")
    await asyncio.gather(*waiting)
    later = asyncio.create_task(progress.wait())
    await asyncio.sleep(0)
    assert not later.done()
    progress.add("price")
    await later
    assert progress.text == "The price"


@in_loop
async def test_end_is_heard_of() -> None:
    progress = Progress()
    waiting = asyncio.create_task(progress.wait())
    await asyncio.sleep(0)
    progress.close()
    await waiting
    assert progress.is_over
