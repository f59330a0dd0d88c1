"""What siblings are told of this node, part by part: everything once, then each change. A part writes its own lines.

Parts ride beside the word that the node is up, where a sibling of an older version does not look; phones have lines of
their own, older than that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar

from carillon.siblings import calls, publications
from carillon.siblings.calls import Person
from carillon.siblings.publications import Publications
from carillon.siblings.told import rows
from carillon.stores.registrationjournal import Binding

PHONES: Final = "phones"
CALLS: Final = "calls"
PUBLISHED: Final = "published"
PLACES: Final = "places"

BEGINS: Final = "begins"
ENDS: Final = "ends"
"""Between these two, a sibling hears of everybody; of whom it does not, nothing is there any more."""

AT_ONE_TIME_S: Final = 0.05
REMEMBERED: Final = 1000
NOBODY: Final = Person()

Known = TypeVar("Known")


class Part(Protocol):
    """One kind of thing that siblings know of this node."""

    def everybody(self) -> Iterable[str]:
        """Of whom, or what, there is something to tell."""

    def lines(self, of: Sequence[str], *, serving: bool) -> Iterator[bytes]:
        """What is so of these now."""

    def edge(self, which: str, *, serving: bool) -> bytes:
        """That everything `begins`, or `ends`."""


class _OfTable(Generic[Known]):
    """A part of which everything stands in one table, which its book keeps; it is told by a `word` of its own."""

    word: str

    def __init__(self, known: Mapping[str, Known]) -> None:
        self._known = known

    def everybody(self) -> Iterable[str]:
        """All that stand there now."""
        return list(self._known)

    def edge(self, which: str, *, serving: bool) -> bytes:
        """Beside the word that the node is up."""
        return line({"serving": serving, self.word: which})


class Phones(_OfTable[tuple[Binding, ...]]):
    """Which phones have their home here, by address of record. Their lines have no word: others are told by theirs."""

    def lines(self, of: Sequence[str], *, serving: bool) -> Iterator[bytes]:
        """A line each."""
        now = int(time.time())
        for aor in of:
            yield line({"aor": aor, "has": rows(self._known.get(aor, ()), now)})

    def edge(self, which: str, *, serving: bool) -> bytes:
        """In a line for itself."""
        return line({"all": which})


class Calls(_OfTable[Person]):
    """Who has which calls here. Lines that several siblings are told at one time are written once."""

    word = CALLS

    def __init__(self, known: Mapping[str, Person]) -> None:
        super().__init__(known)
        self._written: dict[str, tuple[Person, bool, float, bytes]] = {}

    def lines(self, of: Sequence[str], *, serving: bool) -> Iterator[bytes]:
        """A line each; ages in it are a moment old at most."""
        for aor in of:
            yield self._line(aor, self._known.get(aor, NOBODY), serving)

    def _line(self, aor: str, person: Person, serving: bool) -> bytes:
        known, now = self._written.get(aor), time.monotonic()
        if known and known[0] is person and known[1] is serving and now - known[2] < AT_ONE_TIME_S:
            return known[3]
        if len(self._written) > REMEMBERED:
            self._written.clear()
        text = line({"serving": serving, CALLS: calls.row(aor, person, time.time())})
        self._written[aor] = person, serving, now, text
        return text


class Published(_OfTable[Publications]):
    """What phones publish here, by person."""

    word = PUBLISHED

    def lines(self, of: Sequence[str], *, serving: bool) -> Iterator[bytes]:
        """A line each."""
        now = time.time()
        for aor in of:
            yield line({"serving": serving, PUBLISHED: publications.row(aor, self._known.get(aor, ()), now)})


class Places(_OfTable[frozenset[str]]):
    """Under which limits calls count here, by leg: all that are told at one time in one line."""

    word = PLACES

    def lines(self, of: Sequence[str], *, serving: bool) -> Iterator[bytes]:
        """One, if there is anything to tell."""
        if of:
            held = [[leg, sorted(self._known.get(leg, ()))] for leg in of]
            yield line({"serving": serving, PLACES: held})


def line(told: Mapping[str, object]) -> bytes:
    """As it goes to a sibling."""
    return json.dumps(told).encode() + b"\n"
