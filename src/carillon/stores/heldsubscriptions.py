"""The subscriptions that the presence server of this node holds, with what another node must know to end one."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from carillon.presence import featurekeys
from carillon.routing.watched import watch_in
from carillon.stores.ports import StoreDown

PATIENCE_S = 1.0
_HELD = """SELECT callid, to_tag, from_tag, to_user || '@' || to_domain, from_user || '@' || from_domain, contact,
    event, event_id, local_cseq, expires, record_route FROM active_watchers WHERE expires > ?"""

Key = tuple[str, str]
"""Call-ID and our tag."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A dialog in which a phone of `aor` is told of somebody (RFC 6665). `event` is Event as the phone says it.

    `contact` is where the phone says that it is, with our note of where it really is. `cseq` is our last number that
    was written down, see `raisecseq`. `until` is in Unix seconds.
    """

    call_id: str
    own_tag: str
    phone_tag: str
    watched: str
    watcher: str
    aor: str
    contact: str
    event: str
    cseq: int
    until: int

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.call_id, self.own_tag


class HeldSubscriptions:
    """The presence server's own file, a second behind it. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None
        self._version = -1

    def changed(self, now: float) -> dict[Key, Subscription] | None:
        """All that last longer than `now`; None when nothing was written since they were read. Raises StoreDown."""
        try:
            store = self._store()
            version = store.execute("PRAGMA data_version").fetchone()[0]
            if version == self._version:
                return None
            held = [_subscription(row) for row in store.execute(_HELD, (int(now),))]
        except sqlite3.Error as error:
            self._opened, self._version = None, -1
            raise StoreDown(f"subscriptions: {error}") from error
        self._version = version
        return {one.key: one for one in held}

    def _store(self) -> sqlite3.Connection:
        if self._opened is None:
            uri = f"{self._path.absolute().as_uri()}?mode=ro"
            self._opened = sqlite3.connect(
                uri, uri=True, isolation_level=None, timeout=PATIENCE_S, check_same_thread=False
            )
        return self._opened


def _subscription(row: tuple[str, str, str, str, str, str, str, str | None, int, int, str | None]) -> Subscription:
    call_id, own_tag, phone_tag, watched, watcher, contact, event, event_id, cseq, until, route = row
    about, by = watch_in(route or "")
    aor = f"{by}@{about.rpartition('@')[2]}" if by else watcher  # From may be any number of the person
    name = featurekeys.EVENT if event == featurekeys.CARRIED else event
    said = f"{name};id={event_id}" if event_id else name
    return Subscription(call_id, own_tag, phone_tag, watched, watcher, aor, contact, said, cseq, until)
