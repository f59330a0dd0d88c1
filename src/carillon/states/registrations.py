"""Follows the registrations of those whose registrations somebody watches (RFC 3680); others cost nothing."""

from __future__ import annotations

from pathlib import Path

from carillon.presence.reginfo import followed
from carillon.states.watched import watched
from carillon.stores.pictures import PictureWriter
from carillon.stores.registrations import contacts_of

EVENT = "reg"


class Registrations:
    """What was told last, by AOR; kept beside the pictures, where the presence server reads it."""

    def __init__(self, location: Path, subscriptions: Path, pictures: PictureWriter) -> None:
        self._location, self._subscriptions, self._pictures = location, subscriptions, pictures
        self._known = pictures.contacts()

    def changed(self, now: float) -> set[str]:
        """Those of whom watchers are to be told. Raises StoreDown or sqlite3.Error.

        Who is watched since a moment ago is among them: the presence server read for itself, a moment before.
        """
        aors = {aor for aor, _ in watched(self._subscriptions, now, EVENT)}
        fresh = {aor: followed(self._known.get(aor, ()), contacts_of(self._location, aor, now), now) for aor in aors}
        different = {aor: some for aor, some in fresh.items() if self._known.get(aor) != some}
        forgotten = self._known.keys() - aors
        if different or forgotten:
            self._pictures.write_contacts(different, forgotten)
            self._known = fresh
        return set(different)
