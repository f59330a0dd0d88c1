"""What nodes tell each other of messages that are kept: what is new here, and what was heard of a sibling's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

from carillon.messages.keeping import KEPT_S
from carillon.stores.kepttable import end, forget_old, put, put_end, table

MOST_ROWS: Final = 200
MOST_WORDS: Final = 50
"""In one answer."""

Place = tuple[str, int]
"""Which file, and up to which number of it."""
NOWHERE: Place = ("", 0)


@dataclass(frozen=True, slots=True)
class Known:
    """A message without its words: where it is kept, its number there, and whether it has come to an end."""

    uid: str
    node: str
    number: int
    aor: str
    sender: str
    at: float
    gone: bool

    @classmethod
    def read(cls, row: Sequence[object]) -> Known:
        """One as a sibling tells it; raises TypeError or ValueError on anything else."""
        uid, node, number, aor, sender, at, gone = row
        if not (isinstance(number, int) and isinstance(at, float | int)):
            raise ValueError("no number, or no time")
        return cls(str(uid), str(node), number, str(aor), str(sender), float(at), bool(gone))

    def row(self) -> list[object]:
        """How it is told."""
        return list(astuple(self))


@dataclass(frozen=True, slots=True)
class Words:
    """What a message says, and of what kind that is."""

    kind: str
    body: str


class KeptCopies:
    """The messages of all nodes. Every method may raise StoreDown."""

    def __init__(self, path: Path) -> None:
        self._file = table(path)

    def latest(self) -> Place:
        """How far what is known here goes."""
        with self._file.opened() as store:
            return _latest(store)

    def latest_of(self, nodes: Iterable[str]) -> dict[str, int]:
        """The same of what is kept at each of these, 0 for nothing."""
        query = "SELECT coalesce(max(sequence), 0) FROM message WHERE node = ?"
        with self._file.opened() as store:
            return {node: int(store.execute(query, (node,)).fetchone()[0]) for node in nodes}

    def since(self, there: Place, of: str | None = None) -> tuple[Place, list[Known]]:
        """What is new after what a sibling knows, of one node's or of all, and how far that goes."""
        with self._file.opened() as store:
            life, latest = _latest(store)
            begin = there[1] if there[0] == life else 0
            rows = store.execute(
                "SELECT sequence, uid, node, number, aor, sender, at, gone FROM message WHERE sequence > ?"
                " ORDER BY sequence LIMIT ?", (begin, MOST_ROWS)).fetchall()  # fmt: skip
        upto = rows[-1][0] if len(rows) == MOST_ROWS else latest
        return (life, upto), [Known.read(row) for _, *row in rows if of in (None, row[1])]

    def words(self, uids: Iterable[str], of: str | None = None) -> dict[str, Words]:
        """What these say; of those that have ended meanwhile, or aren't of that node, nothing."""
        query = "SELECT kind, body FROM message WHERE uid = ? AND NOT gone AND node = coalesce(?, node)"
        with self._file.opened() as store:
            found = {uid: store.execute(query, (uid, of)).fetchone() for uid in list(uids)[:MOST_WORDS]}
        return {uid: Words(*row) for uid, row in found.items() if row}

    def heard(self, node: str) -> Place:
        """How far a sibling was heard."""
        with self._file.opened() as store:
            row = store.execute("SELECT life, upto FROM heard WHERE node = ?", (node,)).fetchone()
        return (row[0], row[1]) if row else NOWHERE

    def missing(self, told: Iterable[Known]) -> list[str]:
        """Of which of these the words are wanted."""
        with self._file.opened() as store:
            return [one.uid for one in told if not one.gone and not _is_there(store, one)]

    def take(self, node: str, there: Place, told: Iterable[Known], words: Mapping[str, Words], now: float) -> None:
        """Put down what a sibling has told, and how far that goes: all or nothing."""
        with self._file.transaction() as store:
            forget_old(store, now)
            for one in told:
                if one.gone:
                    end(store, one.uid)
                    put_end(store, one.uid, one.node, one.at)
                elif one.uid in words and one.at >= now - KEPT_S:
                    said = words[one.uid]
                    put(store, one.uid, one.node, one.number, one.aor, one.sender, said.kind, said.body, one.at)
            store.execute("INSERT OR REPLACE INTO heard VALUES (?, ?, ?)", (node, *there))

    def forget_all(self, aor: str) -> int:
        """All that waits for a person who is no more; how many."""
        with self._file.transaction() as store:
            found = store.execute("SELECT uid FROM message WHERE aor = ? AND NOT gone", (aor,)).fetchall()
            for (uid,) in found:
                end(store, uid)
        return len(found)


def _latest(store: sqlite3.Connection) -> Place:
    life = store.execute("SELECT life FROM file").fetchone()[0]
    row = store.execute("SELECT seq FROM sqlite_sequence WHERE name = 'message'").fetchone()
    return life, row[0] if row else 0


def _is_there(store: sqlite3.Connection, one: Known) -> bool:
    return store.execute("SELECT 1 FROM message WHERE uid = ?", (one.uid,)).fetchone() is not None
