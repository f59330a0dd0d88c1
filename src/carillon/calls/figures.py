"""How many calls are up, by domain and by trunk: a small file for Prometheus, written by rename when it changes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from carillon.calls.asterisk import Asterisk
from carillon.calls.book import Book
from carillon.calls.events import CallEvent
from carillon.calls.settings import Settings
from carillon.system import whole


@dataclass(frozen=True, slots=True)
class Count:
    """Calls that are up or being made: all, by domain of a person in them, by trunk (`name@domain`)."""

    calls: int = 0
    domains: dict[str, int] = field(default_factory=dict)
    trunks: dict[str, int] = field(default_factory=dict)


class Figures:
    """Writes the file, at most once a second."""

    def __init__(self, book: Book, file: Path) -> None:
        self._book, self._file = book, file
        self._written: Count | None = None

    @classmethod
    def made(cls, settings: Settings, book: Book, asterisk: Asterisk) -> Figures:
        """For `daemon.LISTENERS`."""
        return cls(book, settings.figures)

    def heard(self, event: CallEvent) -> None:
        """Nothing: the next tick counts."""

    def tick(self, clock: float) -> None:
        """Raises OSError when the file can't be written."""
        now = count(self._book)
        if now != self._written:
            whole.write(self._file, json.dumps([now.calls, now.domains, now.trunks]))
            self._written = now


def count(book: Book) -> Count:
    """What is up now."""
    domains: Counter[str] = Counter()
    trunks: Counter[str] = Counter()
    for call in book.calls.values():
        domains.update({aor.rpartition("@")[2] for aor in call.people})
        trunks.update(call.trunks)
    return Count(len(book.calls), dict(sorted(domains.items())), dict(sorted(trunks.items())))


def read(file: Path) -> Count:
    """What was written last; nothing when nobody has."""
    try:
        return Count(*json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return Count()
