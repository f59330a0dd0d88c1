"""Whose lists of pick-up name somebody is found without looking at everybody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index of those who have a list."""
    op.create_index("ix_user_pickup_of", "user", ["domain", "extension"], sqlite_where=sa.text("pickup_of != ''"))
