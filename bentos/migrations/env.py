"""What Alembic runs to apply migrations; the connection, in a transaction with the lock, is among the
attributes."""

from alembic import context
from sqlalchemy import Connection


def run(connection: Connection) -> None:
    """Apply what is asked for in the transaction of `connection`."""
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes.get("metadata"),
        # SQLite can change tables inside of a transaction; Alembic takes care not to because Python's driver
        # used to commit behind its back, which `prepare_sqlite` keeps it from.
        transactional_ddl=True,
        # SQLite can't alter columns: the table is copied.
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
