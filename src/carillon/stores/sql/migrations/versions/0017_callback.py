"""Call-back on busy: who waits for whom, and how long at most."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Half an hour, in every domain."""
    op.add_column("domain", sa.Column("callback_s", sa.Integer, nullable=False, server_default="1800"))
    op.create_table(
        "callback",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True, nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("extension", sa.String(15), nullable=False),
        sa.Column("target", sa.String(15), nullable=False),
        sa.Column("asked_at", sa.Float(53), nullable=False),
        sa.Column("expires_at", sa.Float(53), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("claimed_until", sa.Float(53), nullable=False),
        sa.ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"], name="fk_callback_user"),
        **OPTIONS,
    )
    op.create_index("ix_callback_domain_extension", "callback", ["domain", "extension"])
