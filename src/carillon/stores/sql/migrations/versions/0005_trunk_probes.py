"""Whether a trunk is asked by OPTIONS if it works (every one is, unless somebody says no); IPv6 beside IPv4."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("trunk", sa.Column("probe", sa.Boolean, nullable=False, server_default="1"))
    op.add_column("node", sa.Column("address6", sa.String(45)))
