"""Make the analyst's tables: prices, news, analyses, claims, usage, revisions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    _make_what_is_collected()
    _make_what_is_written()
    _make_what_is_shared()


def _make_what_is_collected() -> None:
    figures = ("open", "high", "low", "close", "volume")
    op.create_table(
        "prices",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("timestamp", TIME, nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in figures),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("symbol", "timestamp", name="prices_pkey"),
    )
    op.create_table(
        "news",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "title", "url", "source")),
        sa.Column("published_at", TIME, nullable=False),
        sa.Column("collected_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="news_pkey"),
    )
    op.create_index("news_by_published_at", "news", ["published_at", "id"])


def _make_what_is_written() -> None:
    key = ("symbol", "window", "facts_hash", "prompt_version", "language")
    op.create_table(
        "analyses",
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("window", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*key[2:], "text", "model", "provider")),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint(*key, name="analyses_pkey"),
    )


def _make_what_is_shared() -> None:
    op.create_table(
        "claims",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="claims_pkey"),
    )
    op.create_table(
        "usage",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="usage_pkey"),
    )
    op.create_table(
        "revisions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="revisions_pkey"),
    )
