"""Reading what is said of people: by hand from the directory, by phones, and who is registered."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from carillon.model.presence import PresenceState
from carillon.presence.aggregate import Said, Source
from carillon.stores.compiled import presence_of
from carillon.stores.ports import StoreDown
from carillon.stores.published import Published
from carillon.stores.registrations import julian

PATIENCE_S = 1.0
_MANUAL = "SELECT domain, extension, presence FROM party WHERE presence != '' GROUP BY domain, extension"
_REGISTERED = "SELECT DISTINCT username, domain FROM location WHERE expires > ?"


class ManualSource:
    """What is said by hand, as the directory has it; read again only when the directory has changed."""

    def __init__(self, directory: Path) -> None:
        self._uri = f"{directory.absolute().as_uri()}?mode=ro"
        self._connection: sqlite3.Connection | None = None
        self._version = -1

    def changed(self) -> dict[str, tuple[Said, ...]] | None:
        """All that is said; None when the directory has not changed. Raises StoreDown."""
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._uri, uri=True, isolation_level=None, timeout=PATIENCE_S)
                self._version = -1
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version == self._version:
                return None
            rows = self._connection.execute(_MANUAL).fetchall()
        except sqlite3.Error as error:
            self._connection = None
            raise StoreDown(f"directory: {error}") from error
        self._version = version
        return {f"{extension}@{domain}": _said(text) for domain, extension, text in rows}


def _said(text: str) -> tuple[Said, ...]:
    return tuple(
        Said(Source.MANUAL, PresenceState(row.state), 0.0, row.dnd, row.note, row.until) for row in presence_of(text)
    )


def published(store: Published, now: float) -> dict[str, tuple[Said, ...]]:
    """What phones say now. Raises StoreDown."""
    return {
        aor: tuple(Said(Source.PHONE, each.state, each.since, False, each.note, each.until, each.tag) for each in some)
        for aor, some in store.all(now).items()
    }


def registered(location: Path) -> frozenset[str]:
    """Everybody with a phone, a second behind the registrar. Raises StoreDown."""
    try:
        with closing(sqlite3.connect(f"{location.as_uri()}?mode=ro", uri=True, timeout=PATIENCE_S)) as opened:
            rows = opened.execute(_REGISTERED, (julian(time.time()),)).fetchall()
    except sqlite3.Error as error:
        raise StoreDown(f"registrations: {error}") from error
    return frozenset(f"{username}@{domain}" for username, domain in rows)
