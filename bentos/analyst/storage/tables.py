"""The analyst's tables. `bentos/migrations/versions` makes them; a test compares the two."""

from sqlalchemy import JSON, BigInteger, Column, Date, Double, Index, Integer, MetaData, Table

from bentos.analyst.storage.columns import AnyText, UtcTime

NAMES = {
    "ix": "%(table_name)s_by_%(column_0_name)s",
    "pk": "%(table_name)s_pkey",
}
"""Names of indexes and keys: the same in every database, so that a later migration can name them."""

metadata = MetaData(naming_convention=NAMES)

prices = Table(
    "prices",
    metadata,
    Column("symbol", AnyText, primary_key=True),
    Column("timestamp", UtcTime, primary_key=True, doc="The interval's beginning."),
    Column("open", Double, nullable=False, doc="Prices are in US dollars."),
    Column("high", Double, nullable=False),
    Column("low", Double, nullable=False),
    Column("close", Double, nullable=False),
    Column("volume", Double, nullable=False, doc="In units of the symbol."),
    Column("source", AnyText, nullable=False),
)

news = Table(
    "news",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("title", AnyText, nullable=False),
    Column("url", AnyText, nullable=False),
    Column("source", AnyText, nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("collected_at", UtcTime, nullable=False, doc="When it was first seen."),
    Index(None, "published_at", "id"),
)

analyses = Table(
    "analyses",
    metadata,
    Column("symbol", AnyText, primary_key=True),
    Column("window", Integer, primary_key=True, autoincrement=False, doc="In closes."),
    Column("facts_hash", AnyText, primary_key=True),
    Column("prompt_version", AnyText, primary_key=True),
    Column("language", AnyText, primary_key=True),
    Column("text", AnyText, nullable=False),
    Column("model", AnyText, nullable=False),
    Column("provider", AnyText, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("checks", JSON, nullable=False),
    Index(None, "created_at"),
)

claims = Table(
    "claims",
    metadata,
    Column("key", AnyText, primary_key=True),
    Column("holder", AnyText, nullable=False),
    Column("expires_at", Double, nullable=False, doc="Seconds since 1970 in UTC, by the database's clock."),
)

usage = Table(
    "usage",
    metadata,
    Column("day", Date, primary_key=True, doc="In UTC."),
    Column("tokens", BigInteger, nullable=False),
    Column("cost_micros", BigInteger, nullable=False, doc="Millionths of a US dollar."),
)

revisions = Table(
    "revisions",
    metadata,
    Column("name", AnyText, primary_key=True),
    Column("revision", AnyText, nullable=False, doc="Another one after every change of what it names."),
)
