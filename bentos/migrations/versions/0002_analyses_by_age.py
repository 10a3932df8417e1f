"""Find texts by their age, as it takes to remove old ones."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the index."""
    op.create_index("analyses_by_created_at", "analyses", ["created_at"])
