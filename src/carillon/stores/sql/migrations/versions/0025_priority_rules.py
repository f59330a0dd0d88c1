"""When phones ring that send no q."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No rule at first: phones without q ring at 1."""
    op.create_table(
        "priorityrule",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True, nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("priority", sa.Float(53), nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("transport", sa.String(8), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("override", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_priorityrule_domain"),
        sqlite_autoincrement=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
