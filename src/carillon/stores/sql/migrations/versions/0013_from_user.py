"""Trunks whose provider wants its account in From."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The caller's number stands in From, as until now."""
    op.add_column("trunk", sa.Column("from_user", sa.String(64)))
