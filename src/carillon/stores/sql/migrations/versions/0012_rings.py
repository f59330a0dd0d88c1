"""With which ring calls ring, and which device of a user rings first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rings are as by default, and phones keep the order that they ask for."""
    op.add_column("user", sa.Column("rings", sa.Boolean, nullable=False, server_default="1"))
    op.add_column("device", sa.Column("priority", sa.Float(53)))
    op.create_table(
        "ring",
        sa.Column("domain", sa.String(253), sa.ForeignKey("domain.name"), primary_key=True),
        sa.Column("origin", sa.String(16), primary_key=True),
        sa.Column("text", sa.String(32), nullable=False),
        sa.Column("bellcore", sa.Integer, nullable=False),
        sa.Column("urn", sa.String(120), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
