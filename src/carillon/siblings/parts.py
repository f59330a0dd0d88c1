"""What siblings are told of this node, part by part: everything once, then each change. A part writes its own lines.

Parts ride beside the word that the node is up, where a sibling of an older version does not look; phones have lines of
their own, older than that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

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


class Part(Protocol):
    """One kind of thing that siblings know of this node."""

    def everybody(self) -> Iterable[str]:
        """Of whom, or what, there is something to tell."""

    def lines(self, of: Sequence[str], *, serving: bool) -> Iterator[bytes]:
        """What is so of these now."""

    def edge(self, which: str, *, serving: bool) -> bytes:
        """That everything `begins`, or `ends`."""


class Phones:
    """Which phones have their home here, by address of record."""

    def __init__(self, known: Mapping[str, tuple[Binding, ...]]) -> None:
        self._known = known

    def everybody(self) -> Iterable[str]:
        """Whose phones."""
        return list(self._known)

    def lines(self, of: Sequence[str], *, serving: bool) -> Iterator[bytes]:
        """A line each."""
        now = int(time.time())
        for aor in of:
            yield line({"aor": aor, "has": rows(self._known.get(aor, ()), now)})

    def edge(self, which: str, *, serving: bool) -> bytes:
        """It has no word of its own: other lines are told apart by theirs."""
        return line({"all": which})


class Calls:
    """Who has which calls here. Lines that several siblings are told at one time are written once."""

    def __init__(self, known: Mapping[str, Person]) -> None:
        self._people = known
        self._written: dict[str, tuple[Person, bool, float, bytes]] = {}

    def everybody(self) -> Iterable[str]:
        """Who has calls."""
        return list(self._people)

    def lines(self, of: Sequence[str], *, serving: bool) -> Iterator[bytes]:
        """A line each; ages in it are a moment old at most."""
        for aor in of:
            yield self._line(aor, self._people.get(aor, NOBODY), serving)

    def _line(self, aor: str, person: Person, serving: bool) -> bytes:
        known, now = self._written.get(aor), time.monotonic()
        if known and known[0] is person and known[1] is serving and now - known[2] < AT_ONE_TIME_S:
            return known[3]
        if len(self._written) > REMEMBERED:
            self._written.clear()
        text = line({"serving": serving, CALLS: calls.row(aor, person, time.time())})
        self._written[aor] = person, serving, now, text
        return text

    def edge(self, which: str, *, serving: bool) -> bytes:
        """Of all calls."""
        return line({"serving": serving, CALLS: which})


class Published:
    """What phones publish here, by person."""

    def __init__(self, known: Callable[[], Mapping[str, Publications]]) -> None:
        self._known = known

    def everybody(self) -> Iterable[str]:
        """Of whom something is published."""
        return list(self._known())

    def lines(self, of: Sequence[str], *, serving: bool) -> Iterator[bytes]:
        """A line each."""
        known, now = self._known(), time.time()
        for aor in of:
            yield line({"serving": serving, PUBLISHED: publications.row(aor, known.get(aor, ()), now)})

    def edge(self, which: str, *, serving: bool) -> bytes:
        """Of all publications."""
        return line({"serving": serving, PUBLISHED: which})


class Places:
    """Under which limits calls count here, by leg: all that are told at one time in one line."""

    def __init__(self, known: Mapping[str, frozenset[str]]) -> None:
        self._known = known

    def everybody(self) -> Iterable[str]:
        """The legs that count."""
        return list(self._known)

    def lines(self, of: Sequence[str], *, serving: bool) -> Iterator[bytes]:
        """One, if there is anything to tell."""
        if of:
            held = [[leg, sorted(self._known.get(leg, ()))] for leg in of]
            yield line({"serving": serving, PLACES: held})

    def edge(self, which: str, *, serving: bool) -> bytes:
        """Of all places."""
        return line({"serving": serving, PLACES: which})


def line(told: Mapping[str, object]) -> bytes:
    """As it goes to a sibling."""
    return json.dumps(told).encode() + b"\n"
