"""What satellites kept while they were cut off, and have handed over since: each is done once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was handed over so far."""
    op.create_table(
        "keptchange",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("satellite", sa.String(32), nullable=False),
        sa.Column("made", sa.Float(53), nullable=False),
        sa.Column("handed", sa.Float(53), nullable=False),
        sa.Column("waited", sa.Boolean, nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("what", sa.String(160), nullable=False),
        sa.Column("noun", sa.String(16), nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("part", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("before", sa.Integer, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_keptchange"),
        sqlite_autoincrement=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_keptchange_domain_key", "keptchange", ["domain", "key"])
