"""How many calls at once a user, a group, a trunk or a domain may have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    for table in ("domain", "user", "trunk", "group"):
        op.add_column(table, sa.Column("most_calls", sa.Integer()))
