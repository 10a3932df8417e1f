from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from bentos.analyst.storage.columns import UtcTime, storable


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-11-22T12:00:00 has no time zone"):
        UtcTime().process_bind_param(datetime(2026, 11, 22, 12), sqlite.dialect())


def test_no_moment_stays_none() -> None:
    assert UtcTime().process_bind_param(None, sqlite.dialect()) is None
    assert UtcTime().process_result_value(None, sqlite.dialect()) is None


def test_a_moment_without_time_zone_from_the_database_is_in_utc() -> None:
    found = UtcTime().process_result_value(datetime(2026, 11, 22, 12), sqlite.dialect())
    assert found == datetime(2026, 11, 22, 12, tzinfo=UTC)


@given(st.text())
def test_ordinary_text_is_kept(text: str) -> None:
    assert storable(text) == text.replace("\x00", "\ufffd")


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_written_afterwards_and_is_no_longer(text: str) -> None:
    stored = storable(text)
    assert "\x00" not in stored
    assert stored.encode().decode() == stored
    assert len(stored) <= len(text)
