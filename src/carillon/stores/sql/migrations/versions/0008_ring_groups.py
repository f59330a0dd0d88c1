"""How a group rings, and where its calls go when nobody takes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Groups that there are ring all at once."""
    op.add_column("group", sa.Column("ring", sa.String(8), nullable=False, server_default="all"))
    op.add_column("group", sa.Column("ring_s", sa.Integer, nullable=False, server_default="20"))
    op.add_column("group", sa.Column("overflow", sa.String(64)))
