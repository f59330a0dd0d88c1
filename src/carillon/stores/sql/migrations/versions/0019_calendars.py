"""Calendars of people."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Nobody has one at first."""
    op.create_table(
        "calendar",
        sa.Column("domain", sa.String(253), primary_key=True, nullable=False),
        sa.Column("extension", sa.String(15), primary_key=True, nullable=False),
        sa.Column("name", sa.String(32), primary_key=True, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("sealed_location", sa.Text, nullable=False),
        sa.Column("every_s", sa.Integer, nullable=False),
        sa.Column("meanings", sa.Text, nullable=False),
        sa.Column("notes", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"], name="fk_calendar_user"),
        **OPTIONS,
    )
