"""How long session timers of a domain are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: half an hour, as RFC 4028 recommends."""
    op.add_column("domain", sa.Column("session_timer_s", sa.Integer, nullable=False, server_default="1800"))
