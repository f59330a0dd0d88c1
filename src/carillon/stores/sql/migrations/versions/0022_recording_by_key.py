"""Calls that are recorded when a person presses a key, and recordings that he may pause."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rules that were there are not changed."""
    with op.batch_alter_table("recordingrule") as table:
        table.add_column(sa.Column("on_demand", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("pausable", sa.Boolean, nullable=False, server_default=sa.false()))
