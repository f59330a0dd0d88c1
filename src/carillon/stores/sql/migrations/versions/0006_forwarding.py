"""Forwarding rows, what is said of people, schedules and caller lists; call waiting of a user."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Make the tables; everybody keeps call waiting."""
    op.add_column("user", sa.Column("call_waiting", sa.Boolean, nullable=False, server_default="1"))
    _forwarding()
    _presence()
    _schedules()


def _text(name: str, length: int, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _forwarding() -> None:
    op.create_table(
        "forwarding",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True, nullable=False),
        _text("domain", 253),
        _text("extension", 15),
        sa.Column("position", sa.Integer, nullable=False),
        _text("cause", 16),
        sa.Column("targets", sa.Text, nullable=False),
        _text("presence", 64),
        _text("origin", 8, nullable=True),
        _text("caller", 32, nullable=True),
        _text("schedule", 36, nullable=True),
        sa.Column("after_s", sa.Integer),
        sa.Column("ring_s", sa.Integer),
        sa.ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"], name="fk_forwarding_user"),
        **OPTIONS,
    )
    op.create_index("ix_forwarding_domain_extension", "forwarding", ["domain", "extension"])


def _presence() -> None:
    op.create_table(
        "presence",
        _text("domain", 253),
        _text("extension", 15),
        _text("source", 32),
        _text("state", 16),
        sa.Column("since", sa.Float(53), nullable=False),
        sa.Column("dnd", sa.Boolean, nullable=False),
        _text("note", 120, nullable=True),
        sa.Column("until", sa.Float(53)),
        sa.PrimaryKeyConstraint("domain", "extension", "source", name="pk_presence"),
        sa.ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"], name="fk_presence_user"),
        **OPTIONS,
    )


def _schedules() -> None:
    op.create_table(
        "schedule",
        _text("domain", 253),
        _text("name", 32),
        _text("timezone", 64),
        sa.Column("hours", sa.Text, nullable=False),
        sa.Column("holidays", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("domain", "name", name="pk_schedule"),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_schedule_domain"),
        **OPTIONS,
    )
    op.create_table(
        "callerlist",
        _text("domain", 253),
        _text("name", 32),
        sa.Column("callers", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("domain", "name", name="pk_callerlist"),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_callerlist_domain"),
        **OPTIONS,
    )
