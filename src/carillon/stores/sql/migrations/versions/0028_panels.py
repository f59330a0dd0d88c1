"""Panels: lists of colleagues whom a phone watches by one subscription."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """No panel at first."""
    op.create_table(
        "panel",
        sa.Column("domain", sa.String(253), primary_key=True, nullable=False),
        sa.Column("name", sa.String(32), primary_key=True, nullable=False),
        sa.Column("members", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_panel_domain"),
        **OPTIONS,
    )
