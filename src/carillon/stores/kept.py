"""Messages that are kept for somebody who is not there: on disk before the sender hears that they are."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from carillon.messages.keeping import AGAIN_S, KEPT_S, MOST
from carillon.messages.turns import ALONE, Turn
from carillon.stores.kepttable import end, forget_old, table


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """One of them. `sender` and `aor` are addresses without scheme; `at` is when it was written (Unix seconds).

    `id` is the same on all nodes.
    """

    id: str
    aor: str
    sender: str
    kind: str
    body: str
    at: float


class Kept:
    """The messages of everybody: those that were kept at this `node`, and copies. Every method may raise StoreDown."""

    def __init__(self, path: Path, node: str) -> None:
        self._node, self._file = node, table(path, node)

    def keep(self, aor: str, sender: str, kind: str, body: str, now: float) -> bool:
        """Keep one; False when too many are kept for the person already, here and at siblings."""
        with self._file.transaction() as store:
            forget_old(store, now)
            count = store.execute("SELECT count(*) FROM message WHERE aor = ? AND NOT gone", (aor,)).fetchone()[0]
            if count >= MOST:
                return False
            number = store.execute(
                "INSERT INTO message (uid, node, number, aor, sender, kind, body, at, tried)"
                " VALUES (?, ?, 0, ?, ?, ?, ?, ?, 0)",
                (secrets.token_hex(12), self._node, aor, sender, kind, body, now),
            ).lastrowid
            store.execute("UPDATE message SET number = sequence WHERE sequence = ?", (number,))
        return True

    def waiting(self, now: float, turn: Turn = ALONE) -> list[str]:
        """For whom there is something to deliver in this turn that was not tried a moment ago."""
        which, values = self._of(turn, now)
        query = f"SELECT aor FROM message WHERE {which} GROUP BY aor HAVING max(tried) <= ?"  # noqa: S608
        with self._file.opened() as store:
            return [aor for (aor,) in store.execute(query, (*values, now - AGAIN_S))]

    def next(self, aor: str, now: float, turn: Turn = ALONE) -> KeptMessage | None:
        """The oldest one for a person, which is tried now: nobody else tries it for a minute.

        Those of one node come in the order in which they came in there, whatever its clock said.
        """
        which, values = self._of(turn, now)
        query = f"""SELECT uid, aor, sender, kind, body, at FROM (
            SELECT *, row_number() OVER (PARTITION BY node ORDER BY number) AS turn FROM message
            WHERE {which} AND aor = ?) WHERE turn = 1 ORDER BY at LIMIT 1"""  # noqa: S608 - our own words
        with self._file.transaction() as store:
            row = store.execute(query, (*values, aor)).fetchone()
            if row is None:
                return None
            store.execute("UPDATE message SET tried = ? WHERE uid = ?", (now, row[0]))
        return KeptMessage(*row)

    def forget(self, id: str) -> str:
        """It was delivered, or refused; for whom it was, "" when it is gone already."""
        with self._file.transaction() as store:
            return end(store, id)

    def _of(self, turn: Turn, now: float) -> tuple[str, tuple[str | float, ...]]:
        """Which messages are delivered in a turn, as SQL and its values."""
        own = ("node = ?", (self._node,)) if turn.own else ("FALSE", ())
        others: tuple[str, tuple[str, ...]] = ("FALSE", ())
        if turn.all_but is not None:
            but = (self._node, *turn.all_but)
            others = (f"node NOT IN ({', '.join('?' * len(but))})", but)
        return f"NOT gone AND at >= ? AND ({own[0]} OR {others[0]})", (now - KEPT_S, *own[1], *others[1])
