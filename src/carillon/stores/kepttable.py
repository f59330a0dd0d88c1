"""The table of messages that are kept: this node's own, copies of siblings', and what came to an end of both.

One that was delivered or refused stays without its words, under a new number, so that siblings hear of it by the same
numbers as of new ones, and a copy that comes late is known for what it is.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from carillon.messages.keeping import KEPT_S
from carillon.stores.durablefile import DurableFile

REMEMBERED_S: Final = KEPT_S + 24 * 3600
"""So long after it was written an ended one is known: no copy lives longer, by whatever clock."""

_TABLE = """CREATE TABLE IF NOT EXISTS message (sequence INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE,
    node TEXT NOT NULL, number INTEGER NOT NULL, aor TEXT NOT NULL, sender TEXT NOT NULL, kind TEXT NOT NULL,
    body TEXT NOT NULL, at REAL NOT NULL, tried REAL NOT NULL, gone INTEGER NOT NULL DEFAULT 0)"""
_FOR = "CREATE INDEX IF NOT EXISTS message_for ON message (aor) WHERE NOT gone"
_OF = "CREATE INDEX IF NOT EXISTS message_of ON message (node)"
_AT = "CREATE INDEX IF NOT EXISTS message_at ON message (at)"
_FILE = "CREATE TABLE IF NOT EXISTS file (life TEXT NOT NULL)"
_LIFE = "INSERT INTO file SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM file)"
_HEARD = "CREATE TABLE IF NOT EXISTS heard (node TEXT PRIMARY KEY, life TEXT NOT NULL, upto INTEGER NOT NULL)"


_BEFORE = """CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY AUTOINCREMENT, aor TEXT NOT NULL,
    sender TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, at REAL NOT NULL, tried REAL NOT NULL)"""
_CARRIED = """INSERT OR IGNORE INTO message SELECT NULL, life || '-' || id, '{node}', id - (SELECT max(id) FROM kept),
    aor, sender, kind, body, at, tried, 0 FROM kept, file ORDER BY id"""
"""What the version before has kept at this node comes before all that came since."""


def table(path: Path, node: str = "") -> DurableFile:
    """The file, with its tables; `life` is another one when it was lost and made anew. Kept at `node` is what the
    version before has kept.
    """
    before = (_BEFORE, _CARRIED.format(node=node), "DELETE FROM kept") if node else ()
    return DurableFile(path, "messages", _TABLE, _FOR, _OF, _AT, _FILE, _LIFE, _HEARD, *before)


def end(store: sqlite3.Connection, uid: str) -> str:
    """It is delivered, refused or removed; for whom it was, "" when that was known, or it never was there."""
    row = store.execute("DELETE FROM message WHERE uid = ? AND NOT gone RETURNING node, aor, at", (uid,)).fetchone()
    if row is None:
        return ""
    put_end(store, uid, row[0], row[2])
    return str(row[1])


def put_end(store: sqlite3.Connection, uid: str, node: str, at: float) -> None:
    """Write down that a message of a node has ended, which is not there."""
    put(store, uid, node, 0, "", "", "", "", at, gone=True)


def put(
    store: sqlite3.Connection,
    uid: str,
    node: str,
    number: int,
    aor: str,
    sender: str,
    kind: str,
    body: str,
    at: float,
    *,
    gone: bool = False,
) -> None:
    """Write one down that is not known; of one that is known, siblings are told no new number."""
    store.execute(
        "INSERT INTO message SELECT NULL, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?"
        " WHERE NOT EXISTS (SELECT 1 FROM message WHERE uid = ?)",
        (uid, node, number, aor, sender, kind, body, at, gone, uid),
    )


def forget_old(store: sqlite3.Connection, now: float) -> None:
    """Nobody waits longer for a message, and no copy of one that ended so long ago is anywhere."""
    store.execute("DELETE FROM message WHERE at < ? AND (NOT gone OR at < ?)", (now - KEPT_S, now - REMEMBERED_S))
