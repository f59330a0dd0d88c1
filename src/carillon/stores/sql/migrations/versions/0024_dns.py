"""The DNS: NAPTR records of each domain, how nodes stand in SRV records, which of them are name servers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """All transports; every node alike, and none a name server."""
    op.add_column("domain", sa.Column("naptr", sa.String(16), nullable=False, server_default="tls tcp udp"))
    op.add_column("trunk", sa.Column("naptr", sa.Boolean, nullable=False, server_default="0"))
    op.create_table(
        "nodeshare",
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("weight", sa.Integer, nullable=False),
        sa.Column("listen", sa.String(128), nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("node", name="pk_nodeshare"),
        **OPTIONS,
    )
