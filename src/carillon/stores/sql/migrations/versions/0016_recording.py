"""Which calls are recorded, and how long recordings are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of rules; recordings are kept for ever until somebody says otherwise."""
    op.add_column("domain", sa.Column("recording_days", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "recordingrule",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True, nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("whose", sa.String(16), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("calls", sa.String(8), nullable=False),
        sa.Column("required", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_recordingrule_domain"),
        sqlite_autoincrement=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
