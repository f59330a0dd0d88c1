"""Who may pick up whom: of users, and of groups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Members of a group may pick each other up; nobody else may."""
    op.add_column("user", sa.Column("pickup", sa.String(8), nullable=False, server_default="group"))
    op.add_column("user", sa.Column("pickup_of", sa.Text, nullable=False, server_default=""))
    op.add_column("group", sa.Column("pickup", sa.Boolean, nullable=False, server_default="1"))
