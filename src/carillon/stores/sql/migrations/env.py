"""Alembic runs this file; the connection comes from `migrate.upgrade`, there is no alembic.ini."""

from __future__ import annotations

from alembic import context

from carillon.stores.sql.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=connection.dialect.name == "sqlite",
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
