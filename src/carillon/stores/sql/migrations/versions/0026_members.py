"""Which nodes run a member of the database's cluster, and the machines that only vote in it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    """No cluster so far: one server, wherever it is."""
    op.add_column("node", sa.Column("member", sa.Boolean, nullable=False, server_default="0"))
    op.create_table(
        "witness",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_witness"),
        **OPTIONS,
    )
