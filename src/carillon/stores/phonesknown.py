"""Whose devices calls know here: for commands that must answer while the truth can't be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

Person = tuple[str, str]
"""Extension and domain."""


def devices_of(directory: Path) -> Mapping[Person, tuple[str, ...]]:
    """The names of people's devices, for who has any. Raises sqlite3.Error, also where the system does not run."""
    found: dict[Person, tuple[str, ...]] = {}
    with closing(sqlite3.connect(f"{directory.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        for domain, extension, name in opened.execute("SELECT domain, extension, username FROM account ORDER BY 3"):
            found[extension, domain] = (*found.get((extension, domain), ()), name)
    return found
