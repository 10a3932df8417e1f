"""Workers that have no place left."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bentos.core.workers import Workers


@contextmanager
def one_place_taken(workers: Workers) -> Iterator[None]:
    """Keep a place until this is left."""
    with asyncio.Runner() as runner:
        place = workers.place()
        runner.run(place.__aenter__())
        try:
            yield
        finally:
            runner.run(place.__aexit__(None, None, None))
