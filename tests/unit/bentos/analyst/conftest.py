"""A database with all tables, and a language model that tells the truth until it is told otherwise."""

from collections.abc import Iterator

import pytest

from tests.support.databases import empty_sqlite, sqlite_settings
from tests.support.misbehaving_llm import MisbehavingLlm, misbehaving_llm
from tests.support.tiny_analyst import truthful

__all__ = ["empty_sqlite", "llm", "sqlite_settings"]


@pytest.fixture
def llm() -> Iterator[MisbehavingLlm]:
    """A model that answers questions of the tiny prompt set."""
    with misbehaving_llm() as served:
        served.answer = truthful()
        yield served
