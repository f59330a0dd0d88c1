"""Sites, trunks, outbound routes, groups; site, rights and caller's number of a user.

Every domain gets the site `main`, in the country of the node, and everybody works there.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}
RIGHTS = "national mobile free"


def upgrade() -> None:
    """Make the tables, and give everybody a site and rights."""
    _sites()
    _users()
    _trunks()
    _outbound()
    _groups()


def _text(name: str, length: int, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _yes_or_no(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _sites() -> None:
    op.create_table(
        "site",
        _text("domain", 253),
        _text("name", 32),
        _text("country", 2),
        _text("outside_prefix", 4),
        _text("emergency_caller", 16, nullable=True),
        sa.PrimaryKeyConstraint("domain", "name", name="pk_site"),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_site_domain"),
        **OPTIONS,
    )
    op.execute(
        "INSERT INTO site (domain, name, country, outside_prefix)"
        " SELECT name, 'main', COALESCE((SELECT country FROM node ORDER BY name LIMIT 1), 'BE'), '' FROM domain"
    )


def _users() -> None:
    op.add_column("user", sa.Column("site", sa.String(32), nullable=False, server_default="main"))
    op.add_column("user", sa.Column("rights", sa.String(96), nullable=False, server_default=RIGHTS))
    op.add_column("user", _text("caller_number", 16, nullable=True))
    op.add_column("user", sa.Column("withhold", sa.Boolean, nullable=False, server_default="0"))
    op.create_index("ix_user_domain_site", "user", ["domain", "site"])


def _trunks() -> None:
    op.create_table(
        "trunk",
        _text("domain", 253),
        _text("name", 32),
        _text("host", 253),
        _whole("port"),
        _text("transport", 8),
        _text("country", 2),
        _text("register_as", 64, nullable=True),
        _text("realm", 253, nullable=True),
        _text("main_number", 16, nullable=True),
        _whole("priority"),
        _yes_or_no("trusted"),
        _text("from_format", 8),
        _yes_or_no("enabled"),
        sa.Column("sealed_password", sa.Text),
        sa.PrimaryKeyConstraint("domain", "name", name="pk_trunk"),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_trunk_domain"),
        **OPTIONS,
    )


def _outbound() -> None:
    op.create_table(
        "outbound",
        _text("domain", 253),
        _text("prefix", 16),
        _text("trunk", 32),
        _text("site", 32),
        _whole("position"),
        sa.PrimaryKeyConstraint("domain", "prefix", "trunk", "site", name="pk_outbound"),
        sa.ForeignKeyConstraint(["domain", "trunk"], ["trunk.domain", "trunk.name"], name="fk_outbound_trunk"),
        **OPTIONS,
    )


def _groups() -> None:
    op.create_table(
        "group",
        _text("domain", 253),
        _text("name", 32),
        sa.PrimaryKeyConstraint("domain", "name", name="pk_group"),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_group_domain"),
        **OPTIONS,
    )
    op.create_table(
        "member",
        _text("domain", 253),
        _text("group", 32),
        _text("extension", 15),
        _whole("position"),
        sa.PrimaryKeyConstraint("domain", "group", "extension", name="pk_member"),
        sa.ForeignKeyConstraint(["domain", "group"], ["group.domain", "group.name"], name="fk_member_group"),
        sa.ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"], name="fk_member_user"),
        **OPTIONS,
    )
    op.create_index("ix_member_domain_extension", "member", ["domain", "extension"])
