"""The directory's look-ups alone: a hundred people in it, one row each time."""

from __future__ import annotations

import itertools
from pathlib import Path

from bench.decisions import Timed
from bench.people import DOMAIN, PEOPLE
from carillon.stores.directory import DirectoryReader


def lookups(directory: Path) -> list[Timed]:
    """Account, party, and the domains that are kept in memory as long as nothing has changed."""
    reader = DirectoryReader(directory)
    reader.connect()
    own = itertools.cycle([person.extension for person in PEOPLE])
    try:
        return [
            Timed.of("read account", lambda: reader.account(DOMAIN, next(own)), 1),
            Timed.of("read party", lambda: reader.party(DOMAIN, next(own)), 1),
            Timed.of("read domains, unchanged", reader.domains),
        ]
    finally:
        reader.close()
