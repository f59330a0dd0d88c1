"""Writing the directory of this node from the truth, in place and in one transaction."""

from __future__ import annotations

import sqlite3

from carillon.model.change import Subject
from carillon.stores.sql.feed import Delta

SCHEMA = 1
"""Raise it with every change of the tables: a directory of another schema is built anew."""

TABLES = {
    "state": "sequence INTEGER NOT NULL, mark TEXT NOT NULL",
    "domain": "name TEXT PRIMARY KEY, digest TEXT NOT NULL",
    "account": "domain TEXT, username TEXT, ha1_md5 TEXT NOT NULL, ha1_sha256 TEXT NOT NULL,"
    " extension TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (domain, username)",
    "party": "domain TEXT, number TEXT, extension TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (domain, number)",
}

WRITER_BUSY_SECONDS = 10

_FORGET = {
    "domain": "DELETE FROM domain WHERE ? = name AND name = ?",
    "user": "DELETE FROM party WHERE domain = ? AND extension = ?",
    "device": "DELETE FROM account WHERE domain = ? AND username = ?",
    "number": "DELETE FROM party WHERE domain = ? AND number = ?",
}
"""What a change of each noun makes stale, by domain and key (a domain's key is its name).

The accounts of a changed user are replaced by their new rows; those of a removed one go by changes of their own.
"""


def _forget(directory: sqlite3.Connection, thing: Subject) -> None:
    if thing.noun in _FORGET:
        directory.execute(_FORGET[thing.noun], (thing.domain, thing.key))


def _keep(directory: sqlite3.Connection, missing: Delta) -> None:
    directory.executemany(
        "INSERT OR REPLACE INTO domain VALUES (?, ?)", ((row.name, row.digest) for row in missing.domains)
    )
    directory.executemany(
        "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?, ?)",
        (
            (row.domain, row.username, row.ha1_md5, row.ha1_sha256, row.party.extension, row.party.name)
            for row in missing.accounts
        ),
    )
    directory.executemany(
        "INSERT OR REPLACE INTO party VALUES (?, ?, ?, ?)",
        ((party.domain, number, party.extension, party.name) for number, party in missing.parties),
    )
    directory.execute("DELETE FROM state")
    directory.execute("INSERT INTO state VALUES (?, ?)", (missing.position.sequence, missing.position.mark))
