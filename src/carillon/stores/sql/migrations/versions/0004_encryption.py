"""Whether a device is offered encrypted sound."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Devices get the setting, off."""
    op.add_column("device", sa.Column("encryption", sa.Boolean, nullable=False, server_default="0"))
