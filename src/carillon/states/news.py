"""What others tell the daemon, as datagrams of JSON: losing one costs a moment, each is made good by a later one.

    {"published": "102@example.org"}                      a phone has published
    {"said": {"102@example.org": [[tag, state, note, since, until], …]}, "node": "node2"}   all of it, at a sibling
    {"calls": {"102@example.org": [line, …]}}             the calls of these people: they have just changed
    {"calls": {…}, "again": true}                         the same, told before
    {"calls": {…}, "nobody_else": ["", "103@example.org"], "again": true}
                                  nobody else has any of those whose addresses are from the first to before the second
    {"calls": {…}, "node": "node2"}                       any of these, at a sibling of this node
    {"calls": {"*sales@example.org": [line, …]}}          the calls of a ring group: see `presence.grouplamps`
    {"places": {LEG: ["user 102@example.org", …]}}        the places of these calls, for siblings; none: it has ended
    {"watched": "102@example.org", "event": "dialog", "at": 1234.5}           somebody begins to watch (monotonic clock)
    {"panel": "desk@example.org", "event": "dialog", "members": ["102", …]}   who had no room in a NOTIFY

A line has the fields of `presence.picture.Line`.
"""

from __future__ import annotations

import json
import os
import select
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Any

from carillon.model.fields import fields_of
from carillon.model.presence import PresenceState
from carillon.presence.compositor import Publication
from carillon.presence.grouplamps import Numbers, watched
from carillon.presence.picture import DialogState, Line

LONGEST = 1 << 18
MOST_AT_ONCE = 1000
A_DATAGRAM = 100
"""People in one datagram, so that it fits."""
PATIENCE_S = 0.05
"""Ten datagrams wait at a socket; who tells more at once waits until some were read."""


@dataclass(frozen=True, slots=True)
class News:
    """One thing that was told of calls of this node, or of those at a sibling, a `node`.

    With `nobody_else`, nobody besides has a call there of those whose addresses are from the first one to before the
    second, "" for no end: so that one datagram holds it, however many have calls. `again`: it should be known already.
    `places` are the limits under which calls count, by leg; with `nobody_else`, no other call counts of such legs.
    `told_as`: of numbers of groups, the addresses by which their groups were told of; `there`, who was, if not `calls`.
    `said` is all that is published of these people at the sibling.
    `unsaid`: of a panel and an event, those of whom watchers are still to be told. `watched`: of whom somebody begins
    to be told, and the event; since when, in monotonic seconds.
    """

    published: str = ""
    said: Mapping[str, tuple[Publication, ...]] | None = None
    places: Mapping[str, frozenset[str]] | None = None
    calls: Mapping[str, tuple[Line, ...]] | None = None
    nobody_else: tuple[str, str] | None = None
    again: bool = False
    node: str = ""
    unsaid: tuple[str, str, tuple[str, ...]] | None = None
    watched: tuple[tuple[str, str], float] | None = None
    told_as: Mapping[str, str] = field(default_factory=dict)
    there: frozenset[str] | None = None

    def ended(self, known: Iterable[str]) -> set[str]:
        """Of `known` people, or legs, those that have no call there any more, or no places, as this says."""
        if self.nobody_else is None:
            return set()
        first, end = self.nobody_else
        there = self.there if self.there is not None else self.calls or self.places or {}
        told_as = ((each, self.told_as.get(each, each)) for each in known)
        return {each for each, one in told_as if first <= one and (not end or one < end) and one not in there}


class Ear:
    """Where the daemon hears."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(str(path))
        os.chmod(path, 0o600)

    def fileno(self) -> int:
        """For who waits for several."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hear nothing any more."""
        self._socket.close()

    def heard(self, patience_s: float) -> Iterator[News]:
        """What was told, waiting at most so long for the first; what can't be understood is left out."""
        if patience_s:
            select.select([self._socket], [], [], patience_s)
        for _ in range(MOST_AT_ONCE):
            try:
                data = self._socket.recv(LONGEST)
            except BlockingIOError:
                return
            news = understood(data)
            if news:
                yield news


def understood(data: bytes) -> News | None:
    """What a datagram says; None when it says nothing that we know."""
    try:
        told = json.loads(data)
        if "published" in told or "said" in told:
            return _of_publications(told)
        if "watched" in told:
            return News(watched=((str(told["watched"]), str(told["event"])), float(told["at"])))
        if "panel" in told:
            return News(unsaid=(str(told["panel"]), str(told["event"]), tuple(map(str, told["members"]))))
        first, end = told.get("nobody_else") or (None, None)
        whole = None if first is None else (str(first), str(end))
        if "places" in told:
            places = {leg: frozenset(some) for leg, some in told["places"].items()}
            return News(places=places, nobody_else=whole)
        node = str(told.get("node", ""))
        calls = {aor: _lines(some, node) for aor, some in told["calls"].items()}
        return News(calls=calls, nobody_else=whole, again=bool(told.get("again")), node=node)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def published_in_parts(people: Mapping[str, tuple[Publication, ...]], node: str) -> Iterator[bytes]:
    """The datagrams that tell what is published of these people at a sibling."""
    everybody = sorted(people)
    for start in range(0, len(everybody), A_DATAGRAM):
        part = everybody[start : start + A_DATAGRAM]
        yield _packed({"said": {aor: [astuple(one) for one in people[aor]] for aor in part}, "node": node})


def _of_publications(told: dict[str, Any]) -> News:
    if "published" in told:
        return News(published=str(told["published"]))
    said = {aor: tuple(map(_publication, some)) for aor, some in told["said"].items()}
    return News(said=said, node=str(told["node"]))


def _publication(told: list[Any]) -> Publication:
    tag, state, note, since, until = told
    words = None if note is None else str(note)
    return Publication(str(tag), PresenceState(state), words, float(since), float(until))


def as_watched(news: News, group_numbers: Numbers) -> News:
    """The same, with the calls of groups by the numbers by which they are watched."""
    calls = None if news.calls is None else {aor: news.calls[one] for one, aor in watched(news.calls, group_numbers)}
    told_as = {number: group for group, numbers in group_numbers.items() for number in numbers}
    return replace(news, calls=calls, told_as=told_as, there=frozenset(news.calls or ()))


def calls_told(
    calls: Mapping[str, tuple[Line, ...]],
    *,
    again: bool = False,
    nobody_else: tuple[str, str] | None = None,
    node: str = "",
) -> bytes:
    """The datagram that tells of calls; see `News`."""
    told: dict[str, Any] = {"calls": dict(calls)}
    if again:
        told["again"] = True
    if nobody_else is not None:
        told["nobody_else"] = nobody_else
    if node:
        told["node"] = node
    return _packed(told)


def calls_in_parts(calls: Mapping[str, tuple[Line, ...]], *, node: str = "") -> Iterator[bytes]:
    """The same in as many datagrams as it takes."""
    people = sorted(calls)
    for start in range(0, len(people), A_DATAGRAM):
        part = {aor: calls[aor] for aor in people[start : start + A_DATAGRAM]}
        yield calls_told(part, node=node)


def all_calls_again(calls: Mapping[str, tuple[Line, ...]], *, node: str = "") -> Iterator[bytes]:
    """The datagrams that say that these are all calls there: each of the next few people, and of nobody between."""
    for part, edges in _stretches(calls):
        yield calls_told({aor: calls[aor] for aor in part}, again=True, nobody_else=edges, node=node)


def _stretches(known: Iterable[str]) -> Iterator[tuple[list[str], tuple[str, str]]]:
    """A few each, in order, with the first that belongs there, and the one behind the last; none has one stretch."""
    there = sorted(known)
    for start in range(0, max(len(there), 1), A_DATAGRAM):
        part, after = there[start : start + A_DATAGRAM], there[start + A_DATAGRAM :][:1]
        yield part, (part[0] if start else "", after[0] if after else "")


def places_in_parts(places: Mapping[str, Iterable[str]]) -> Iterator[bytes]:
    """The datagrams that tell under which limits calls count, by leg."""
    legs = sorted(places)
    for start in range(0, len(legs), A_DATAGRAM):
        yield _packed({"places": {leg: sorted(places[leg]) for leg in legs[start : start + A_DATAGRAM]}})


def all_places_again(places: Mapping[str, Iterable[str]]) -> Iterator[bytes]:
    """The datagrams that say that no other call counts."""
    for part, edges in _stretches(places):
        yield _packed({"places": {leg: sorted(places[leg]) for leg in part}, "nobody_else": edges})


class Mouth:
    """Tells what datagrams say to several ears: waits a moment for a slow one, and for a deaf one not at all."""

    def __init__(self, *ears: Path) -> None:
        self._ears, self._deaf = tuple(map(str, ears)), set[str]()
        self._socket: socket.socket | None = None

    def tells(self, datagrams: Iterable[bytes]) -> bool:
        """Whether all of it was taken by all of them; the others are to be told again."""
        taken = [self._tells(ear, each) for each in datagrams for ear in self._ears]
        return all(taken)

    def close(self) -> None:
        """Tell nobody any more; another word opens it again."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    __del__ = close

    def _tells(self, ear: str, datagram: bytes) -> bool:
        telling = self._socket = self._socket or socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        telling.settimeout(0.0 if ear in self._deaf else PATIENCE_S)
        try:
            telling.sendto(datagram, ear)
        except OSError:
            self._deaf.add(ear)
            return False
        self._deaf.discard(ear)
        return True


_PACKER = json.JSONEncoder(separators=(",", ":"), default=fields_of)


def _packed(told: Mapping[str, Any]) -> bytes:
    return _PACKER.encode(told).encode()


def _lines(told: Any, node: str) -> tuple[Line, ...]:
    return tuple(Line(**{**line, "state": DialogState(line["state"]), "node": node}) for line in told)
