"""What both sides hear of a recording: a tone or an announcement at its beginning, a tone again and again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rules that were there say nothing in a call, as before."""
    with op.batch_alter_table("recordingrule") as table:
        table.add_column(sa.Column("announce", sa.String(48), nullable=False, server_default=""))
        table.add_column(sa.Column("tone_every_s", sa.Integer, nullable=False, server_default="0"))
