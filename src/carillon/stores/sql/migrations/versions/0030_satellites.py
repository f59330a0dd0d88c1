"""Nodes that are satellites, and the site that each stands at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """All nodes so far are mains."""
    op.add_column("node", sa.Column("role", sa.String(12), nullable=False, server_default="main"))
    op.add_column("node", sa.Column("site", sa.String(32)))
