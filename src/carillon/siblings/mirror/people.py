"""Whose mailbox is whose branch's: what satellites get, and are believed about."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from carillon.siblings.mirror.inventory import VOICEMAIL
from carillon.siblings.settings import Branch

_SITE: Final = "SELECT site FROM party WHERE domain = ? AND extension = ? LIMIT 1"


def of_branch(directory: Path, places: Iterable[str], branch: Branch) -> frozenset[str]:
    """Those places that a satellite at this branch has whole. Raises sqlite3.Error."""
    with _opened(directory) as opened:
        return frozenset(place for place in places if _is_of(opened, place.split("/"), branch))


def of_others(directory: Path, places: Iterable[str], branch: Branch) -> frozenset[str]:
    """The mailboxes of people of whom it is known that they work elsewhere. Raises sqlite3.Error."""
    with _opened(directory) as opened:
        found = ((place, _branch(opened, *place.split("/")[1:])) for place in places if place.startswith(VOICEMAIL))
        return frozenset(place for place, theirs in found if theirs not in (None, branch))


def _opened(directory: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"{directory.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0))


def _is_of(opened: sqlite3.Connection, place: list[str], branch: Branch) -> bool:
    root, domain, *extension = place
    return domain == branch.domain if root != VOICEMAIL else _branch(opened, domain, *extension) == branch


def _branch(opened: sqlite3.Connection, domain: str, extension: str) -> Branch | None:
    row = opened.execute(_SITE, (domain, extension)).fetchone()
    return row and Branch(domain, str(json.loads(row[0])[0]))
