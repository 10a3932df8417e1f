"""Collectors store into an SQLite file, and do not pause between attempts."""

from collections.abc import Iterator

import pytest
import stamina

from tests.support.databases import empty_sqlite, sqlite_settings

__all__ = ["empty_sqlite", "sqlite_settings"]


@pytest.fixture(autouse=True)
def _no_pauses_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with stamina.set_testing(True, attempts=3, cap=True):
        yield
