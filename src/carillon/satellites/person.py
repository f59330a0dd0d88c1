"""One person as a directory knows him, as a truth in memory: what is done on the truth can be done on it as well.

So a satellite that is cut off refuses what a main would refuse, in the same words, and brings about the same.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, create_engine, delete, insert

from carillon.asterisk.changes import CHANGES
from carillon.model.presence import MANUAL
from carillon.model.refused import Refused
from carillon.satellites.kept import Kept
from carillon.stores import compiled
from carillon.stores.ports import Party
from carillon.stores.sql.conduct import conduct_of
from carillon.stores.sql.engine import reading, writing
from carillon.stores.sql.tables import change, domain, forwarding, metadata, number, presence, site, user

_PARTY = f"SELECT {compiled.PARTY} FROM party WHERE domain = ? AND extension = ? AND service = ''"  # noqa: S608
_NUMBER = "SELECT extension FROM party WHERE domain = ? AND number = ?"
_TABLES = (domain, site, user, number, presence, forwarding, change)
_COLUMNS = compiled.PARTY.split(", ")
TIMED = frozenset({"presence set"})
"""What says since when it counts."""


class Person:
    """His settings; `aor` is `201@example.org`. Raises `Refused` when the directory doesn't know him.

    `truth` is one in memory that was another person's before, to save time.
    """

    def __init__(self, directory: sqlite3.Connection, aor: str, truth: Engine | None = None) -> None:
        self._directory = directory
        own, _, home = aor.partition("@")
        row = directory.execute(_PARTY, (home, own)).fetchone()
        if row is None:
            raise Refused("extension", f"nobody here knows {aor}.")
        self.party = compiled.party_of(home, row)
        self._truth = truth or in_memory()
        with writing(self._truth) as connection:
            _lay(connection, self.party)

    def does(self, kept: Kept) -> Any:
        """Do a change on him; what it returns. Raises `Refused`."""
        self._knows(kept.arguments[1:])
        more = {"made": kept.at} if kept.change in TIMED else {}
        return CHANGES[kept.change](self._truth, kept.who, *kept.arguments, **more)

    def did(self, all_: Iterable[Kept]) -> Person:
        """Himself, after these; what can't be done any more is left out."""
        for kept in all_:
            with suppress(Refused, TypeError, ValueError, KeyError):
                self.does(kept)
        return self

    def conduct(self) -> tuple[str, str]:
        """His forwarding and his presence, as the columns of a directory have them."""
        key = (self.party.domain, self.party.extension)
        with reading(self._truth) as connection:
            found = conduct_of(connection, {key})
        states, rows = found.presence.get(key, ()), found.forwarding.get(key, ())
        values = compiled.party_row(replace(self.party, forwarding=rows, presence=states))
        return str(values[_COLUMNS.index("forwarding")]), str(values[_COLUMNS.index("presence")])

    def _knows(self, arguments: Iterable[Any]) -> None:
        """Tell the truth of those numbers here that are named in a change."""
        for text in arguments:
            own = str(text).partition("@")[0].strip()
            row = self._directory.execute(_NUMBER, (self.party.domain, own)).fetchone()
            if row is not None:
                values = {"domain": self.party.domain, "number": own, "target": row[0]}
                with writing(self._truth) as connection:
                    connection.execute(insert(number).prefix_with("OR IGNORE").values(**values))


def in_memory() -> Engine:
    """A truth of nobody, with what changes of settings need."""
    truth = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(truth, tables=_TABLES)
    return truth


def _lay(connection: Connection, of: Party) -> None:
    """Ids of his rows stay as they are; states are given times of their order."""
    for table in reversed(_TABLES):
        connection.execute(delete(table))
    key = {"domain": of.domain, "extension": of.extension}
    connection.execute(insert(domain).values(name=of.domain, digest="both", session_timer_s=0, recording_days=0))
    place = {"name": of.site.name, "country": of.site.country, "outside_prefix": of.site.outside_prefix}
    connection.execute(insert(site).values(domain=of.domain, **place))
    connection.execute(insert(user).values(**key, name=of.name, site=of.site.name))
    now = time.time()
    for n, state in enumerate(of.presence):
        said = {"source": state.source, "state": state.state, "dnd": state.dnd, "note": state.note}
        since = now if state.source == MANUAL else now - n
        connection.execute(insert(presence).values(**key, **said, until=state.until, since=since))
    for n, row in enumerate(of.forwarding):
        when = {"origin": row.origin, "caller": row.caller, "schedule": row.schedule}
        what = {"cause": row.cause, "targets": " ".join(row.targets), "presence": " ".join(sorted(row.presence))}
        how = {"after_s": row.after_s, "ring_s": row.ring_s}
        connection.execute(insert(forwarding).values(id=row.id, **key, position=n, **what, **when, **how))
