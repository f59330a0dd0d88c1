"""Announcements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "announcement",
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("seconds", sa.Float(53), nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("answer", sa.Boolean, nullable=False),
        sa.Column("code", sa.Integer, nullable=False),
        sa.Column("overflow", sa.String(64)),
        sa.PrimaryKeyConstraint("domain", "name", name="pk_announcement"),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_announcement_domain"),
        sqlite_autoincrement=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
