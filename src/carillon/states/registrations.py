"""Follows the registrations of those whose registrations somebody watches (RFC 3680); others cost nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from carillon.presence.reginfo import followed
from carillon.stores.pictures import PictureWriter
from carillon.stores.ports import StoreDown
from carillon.stores.registrations import contacts_of

PATIENCE_S = 1.0
EVENT = "reg"
_WATCHED = "SELECT DISTINCT presentity_uri FROM active_watchers WHERE event = 'reg' AND expires > ?"


class Registrations:
    """What was told last, by AOR; kept beside the pictures, where the presence server reads it."""

    def __init__(self, location: Path, subscriptions: Path, pictures: PictureWriter) -> None:
        self._location, self._subscriptions, self._pictures = location, subscriptions, pictures
        self._known = pictures.contacts()

    def changed(self, now: float) -> set[str]:
        """Those of whom watchers are to be told. Raises StoreDown or sqlite3.Error.

        Who is watched since a moment ago is among them: the presence server read for itself, a moment before.
        """
        watched = self._watched(now)
        fresh = {aor: followed(self._known.get(aor, ()), contacts_of(self._location, aor, now), now) for aor in watched}
        different = {aor: some for aor, some in fresh.items() if self._known.get(aor) != some}
        forgotten = self._known.keys() - watched
        if different or forgotten:
            self._pictures.write_contacts(different, forgotten)
            self._known = fresh
        return set(different)

    def _watched(self, now: float) -> set[str]:
        try:
            uri = f"{self._subscriptions.absolute().as_uri()}?mode=ro"
            opened = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE_S)
            try:
                return _aors(row[0] for row in opened.execute(_WATCHED, (int(now),)))
            finally:
                opened.close()
        except sqlite3.Error as error:
            raise StoreDown(f"subscriptions: {error}") from error


def _aors(uris: Iterable[str]) -> set[str]:
    return {uri.removeprefix("sip:") for uri in uris}
