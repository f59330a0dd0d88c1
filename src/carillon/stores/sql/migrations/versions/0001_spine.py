"""Domains, users, devices, numbers, nodes, changes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Make the first tables."""
    _domains_and_people()
    _devices_and_numbers()
    _nodes()
    _changes()


def _domains_and_people() -> None:
    op.create_table(
        "domain",
        sa.Column("name", sa.String(253), nullable=False),
        sa.Column("digest", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_domain"),
        **OPTIONS,
    )
    op.create_table(
        "user",
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("extension", sa.String(15), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.PrimaryKeyConstraint("domain", "extension", name="pk_user"),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_user_domain"),
        **OPTIONS,
    )


def _devices_and_numbers() -> None:
    op.create_table(
        "device",
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("extension", sa.String(15), nullable=False),
        sa.Column("ha1_md5", sa.String(32), nullable=False),
        sa.Column("ha1_sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("domain", "name", name="pk_device"),
        sa.ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"], name="fk_device_user"),
        **OPTIONS,
    )
    op.create_index("ix_device_domain_extension", "device", ["domain", "extension"])
    op.create_table(
        "number",
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("domain", "number", name="pk_number"),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_number_domain"),
        **OPTIONS,
    )
    op.create_index("ix_number_domain_target", "number", ["domain", "target"])


def _nodes() -> None:
    op.create_table(
        "node",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("default_domain", sa.String(253), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("advertise", sa.String(45)),
        sa.Column("country", sa.String(2), nullable=False),
        *(sa.Column(port, sa.Integer, nullable=False) for port in ("sip_port", "tls_port", "rtp_start", "rtp_end")),
        sa.PrimaryKeyConstraint("name", name="pk_node"),
        sa.ForeignKeyConstraint(["default_domain"], ["domain.name"], name="fk_node_domain"),
        **OPTIONS,
    )


def _changes() -> None:
    op.create_table(
        "change",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("noun", sa.String(16), nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        **OPTIONS,
    )
