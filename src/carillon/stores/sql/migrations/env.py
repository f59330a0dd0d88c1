"""Alembic runs this file; the connection comes from `migrate.upgrade`, there is no alembic.ini."""

from __future__ import annotations

from alembic import context

from carillon.stores.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
