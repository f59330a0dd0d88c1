"""People's voicemail, and the mail server that messages leave by."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "voicemail",
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("extension", sa.String(15), nullable=False),
        sa.Column("pin_hash", sa.String(200)),
        sa.Column("ask_pin", sa.Boolean, nullable=False),
        sa.Column("mail", sa.Boolean, nullable=False),
        sa.Column("longest_s", sa.Integer, nullable=False),
        sa.Column("most", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("domain", "extension", name="pk_voicemail"),
        sa.ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"], name="fk_voicemail_user"),
        **OPTIONS,
    )
    op.create_table(
        "mailserver",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("host", sa.String(253), nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("sender", sa.String(254), nullable=False),
        sa.Column("user", sa.String(254)),
        sa.Column("security", sa.String(8), nullable=False),
        sa.Column("sealed_password", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_mailserver"),
        **OPTIONS,
    )
