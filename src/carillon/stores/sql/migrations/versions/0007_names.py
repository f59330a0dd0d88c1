"""Address books, their entries, and the mobile telephones of people."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPTIONS: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    """Make the tables; there are no books yet."""
    op.create_table(
        "book",
        _text("domain", 253),
        _text("owner", 15),
        _text("name", 32),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("url", sa.Text),
        _text("field", 120, nullable=True),
        sa.Column("keep_s", sa.Integer),
        sa.Column("sealed_token", sa.Text),
        sa.PrimaryKeyConstraint("domain", "owner", "name", name="pk_book"),
        sa.ForeignKeyConstraint(["domain"], ["domain.name"], name="fk_book_domain"),
        **OPTIONS,
    )
    _entries()
    _mobiles()


def _text(name: str, length: int, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _entries() -> None:
    book = ["domain", "owner", "book"], ["book.domain", "book.owner", "book.name"]
    op.create_table(
        "entry",
        _text("domain", 253),
        _text("owner", 15),
        _text("book", 32),
        _text("number", 16),
        _text("name", 64),
        _text("company", 64),
        _text("note", 120),
        sa.PrimaryKeyConstraint("domain", "owner", "book", "number", name="pk_entry"),
        sa.ForeignKeyConstraint(*book, name="fk_entry_book"),
        **OPTIONS,
    )
    op.create_index("ix_entry_domain_number", "entry", ["domain", "number"])


def _mobiles() -> None:
    op.create_table(
        "mobile",
        _text("domain", 253),
        _text("number", 16),
        _text("extension", 15),
        sa.PrimaryKeyConstraint("domain", "number", name="pk_mobile"),
        sa.ForeignKeyConstraint(["domain", "extension"], ["user.domain", "user.extension"], name="fk_mobile_user"),
        **OPTIONS,
    )
    op.create_index("ix_mobile_domain_extension", "mobile", ["domain", "extension"])
