import asyncio

from bentos.analyst.providers.paying import Free
from tests.support.scripted_provider import PROMPT


def test_who_is_free_lets_every_request_be_made() -> None:
    async def make(number: int) -> int:
        async with Free().request(PROMPT, 10**9) as bill:
            assert bill.answer is None
            return number

    assert [asyncio.run(make(number)) for number in range(2)] == [0, 1]
