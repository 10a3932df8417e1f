"""${message}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Add what this version needs; what earlier code reads and writes stays as it is."""
    ${upgrades if upgrades else "pass"}
