"""Of whom somebody is told: the subscriptions of the presence server, a second behind it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from carillon.stores.ports import StoreDown

PATIENCE_S = 1.0
WRITTEN_S = 2.0
"""A subscription is in the file so long after it was made, surely."""
_WATCHED = "SELECT DISTINCT presentity_uri, event FROM active_watchers WHERE expires > ? AND ? IN ('', event)"


def watched(subscriptions: Path, now: float, event: str = "") -> set[tuple[str, str]]:
    """The addresses that are watched, each with the event, of all or this one. Raises StoreDown."""
    try:
        uri = f"{subscriptions.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE_S)) as opened:
            rows = opened.execute(_WATCHED, (int(now), event)).fetchall()
    except sqlite3.Error as error:
        raise StoreDown(f"subscriptions: {error}") from error
    return {(str(address).removeprefix("sip:"), str(of)) for address, of in rows}
