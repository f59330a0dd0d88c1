"""Satellites that have no Asterisk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """All nodes so far have one."""
    op.add_column("node", sa.Column("asterisk", sa.Boolean, nullable=False, server_default="1"))
