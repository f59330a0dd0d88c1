"""Which calendars the calendars daemon looks at, as it reads them; addresses sealed, for the service user."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from carillon.stores import trunklogins


@dataclass(frozen=True, slots=True)
class CalendarSource:
    """A calendar of a person, `zone` and `email` being his. `location` is a path or a URL, which may hold a secret."""

    domain: str
    extension: str
    name: str
    every_s: int
    zone: str
    email: str
    meanings: tuple[tuple[str, str], ...]
    notes: bool
    location: str = field(default="", repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """Domain, extension and name."""
        return self.domain, self.extension, self.name

    @property
    def print(self) -> str:
        """What changes when the calendar is another one, or read otherwise; it tells nothing of the location."""
        text = json.dumps([self.location, self.zone, self.email, self.meanings, self.notes])
        return hashlib.sha256(text.encode()).hexdigest()


def write(file: Path, sealed: Iterable[CalendarSource], owner_uid: int) -> None:
    """Put calendars, their locations sealed, in force; the key is beside trunk logins. Raises OSError."""
    trunklogins.place(file, json.dumps([asdict(source) for source in sealed]).encode(), owner_uid)


def read(file: Path) -> tuple[CalendarSource, ...]:
    """The calendars in force, locations opened; none when the file is missing. Without its key, one has none."""
    try:
        rows = json.loads(file.read_text())
        sources = [CalendarSource(**{**row, "meanings": tuple(map(tuple, row["meanings"]))}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError):
        return ()
    return tuple(replace(source, location=trunklogins.opened(file, source.location)) for source in sources)
