"""Whether a trunk is asked by OPTIONS if it works: every trunk is, unless somebody says no."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("trunk", sa.Column("probe", sa.Boolean, nullable=False, server_default="1"))
