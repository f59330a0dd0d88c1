"""Whether callers who find a colleague busy are told of call-back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """They are."""
    op.add_column("domain", sa.Column("callback_hint", sa.Boolean, nullable=False, server_default="1"))
