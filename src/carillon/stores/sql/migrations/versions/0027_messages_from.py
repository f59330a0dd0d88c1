"""From which other domains people of a domain take messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From none, as before."""
    op.add_column("domain", sa.Column("messages_from", sa.Text, nullable=False, server_default=""))
