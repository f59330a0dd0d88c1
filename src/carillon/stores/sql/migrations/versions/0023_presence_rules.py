"""Who may watch people, what they are shown, and whether a call makes somebody busy."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Nothing differs from what is usual at first."""
    op.create_table(
        "presencerule",
        sa.Column("domain", sa.String(253), primary_key=True, nullable=False),
        sa.Column("extension", sa.String(15), primary_key=True, nullable=False),
        sa.Column("busy_in_call", sa.Boolean),
        sa.Column("watchers", sa.Text),
        sa.Column("note", sa.Boolean),
        sa.Column("callers", sa.Boolean),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_presencerule_domain"),
        **OPTIONS,
    )
