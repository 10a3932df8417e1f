"""Kinds of columns that keep the same values in SQLite and in PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator

REPLACEMENT = "\ufffd"
"""What stands for a character that a database can't keep, as Unicode wants it."""


class UtcTime(TypeDecorator[datetime]):
    """A moment. Stored in UTC to the microsecond, and returned aware of it; one without a time zone is
    refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn it into UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone.")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that it is UTC: SQLite returns it without a time zone, PostgreSQL in that of its session."""
        if value is None or value.tzinfo is not None:
            return value and value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class AnyText(TypeDecorator[str]):
    """Text that strangers wrote. PostgreSQL takes no NUL, and no database a lone surrogate; each is stored,
    and looked for, as U+FFFD, so that none of them is an error."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what can't be kept."""
        return value and storable(value)


def storable(text: str) -> str:
    """Return the text as every database keeps it."""
    if text.isascii() and "\x00" not in text:
        return text
    kept = text.replace("\x00", REPLACEMENT).encode("utf-16", "surrogatepass")
    return kept.decode("utf-16", "replace")
