"""What people of a branch changed that no main has done yet: on disk before anybody hears that it is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import carillon
from carillon.model.refused import Refused
from carillon.satellites.moments import Anchor, Moment
from carillon.stores.durablefile import DurableFile
from carillon.stores.ports import StoreDown

HOUR_S = 3600.0
_TABLE = (
    "CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " said TEXT NOT NULL, sequence INTEGER, handed REAL)"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One change, as `asterisk.changes` names it; the first argument is whose it is.

    `at` is when it was made by the mains' clock, in Unix seconds; `version` which Carillon kept it. `sequence` is the
    change of the mains by which it was done or refused, None while it waits.
    """

    id: str
    change: str
    who: str
    arguments: tuple[Any, ...]
    made: Moment
    at: float
    version: str = carillon.__version__
    sequence: int | None = None

    @classmethod
    def new(cls, clock: Path, change: str, who: str, arguments: Sequence[Any]) -> Kept:
        """Made now; `clock` is the file of `moments.Anchor`."""
        now, anchor = Moment.now(), Anchor.read(clock)
        at = now.wall if anchor is None else anchor.by_mains(now)
        return cls(token_hex(16), change, who, tuple(arguments), now, at)

    @property
    def person(self) -> str:
        """Whose it is, by address of record."""
        return str(self.arguments[0]) if self.arguments else ""

    @property
    def what(self) -> str:
        """What he wants, in words."""
        return " ".join(map(str, (self.change, *self.arguments[1:])))


class Journal:
    """All of them in the order in which they were made; those that are done stay until that is in force here."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = DurableFile(path, "changes that are kept", _TABLE)

    def append(self, kept: Kept) -> None:
        """Keep one. Raises `Refused` when the disk doesn't take it: then nothing is kept."""
        said = {name: value for name, value in asdict(kept).items() if name not in ("id", "sequence")}
        try:
            with self._file.transaction() as file:
                file.execute("INSERT INTO kept (id, said) VALUES (?, ?)", (kept.id, json.dumps(said)))
        except StoreDown as down:
            raise Refused("disk", f"the change can't be kept here ({down}): nothing was changed.") from down

    def all(self) -> tuple[Kept, ...]:
        """In their order. Raises StoreDown."""
        if not self._path.exists() or not self._path.stat().st_size:  # on a full disk it could not be made
            return ()
        with self._file.opened() as file:
            rows = file.execute("SELECT id, said, sequence FROM kept ORDER BY number").fetchall()
        return tuple(_read(*row) for row in rows)

    def waiting(self) -> tuple[Kept, ...]:
        """Those that no main has answered for. Raises StoreDown."""
        return tuple(one for one in self.all() if one.sequence is None)

    def handed(self, sequences: Sequence[tuple[str, int]], at: float) -> None:
        """Mains have answered for these ids, by these changes of theirs, at a time of ours. Raises StoreDown."""
        with self._file.transaction() as file:
            rows = [(sequence, at, id) for id, sequence in sequences]
            file.executemany("UPDATE kept SET sequence = ?, handed = ? WHERE id = ?", rows)

    def forget(self, *ids: str) -> None:
        """They are in force here, or weren't kept after all. Raises StoreDown."""
        with self._file.transaction() as file:
            file.executemany("DELETE FROM kept WHERE id = ?", [(id,) for id in ids])

    def wait_again(self, before: float) -> None:
        """Those that were answered for before then are asked anew: mains know what they have done. Raises StoreDown.

        A time that is yet to come was said by a wrong clock, and is long ago.
        """
        with self._file.transaction() as file:
            file.execute(
                "UPDATE kept SET sequence = NULL, handed = NULL WHERE handed < ? OR handed > ?",
                (before, before + HOUR_S),
            )


def _read(id: str, said: str, sequence: int | None) -> Kept:
    """What was kept, perhaps by another version: what that knew besides is left out."""
    values: dict[str, Any] = json.loads(said)
    made = Moment(**{name: values["made"][name] for name in ("wall", "running", "boot")})
    change, who, version = (str(values[name]) for name in ("change", "who", "version"))
    return Kept(id, change, who, tuple(values["arguments"]), made, float(values["at"]), version, sequence)
