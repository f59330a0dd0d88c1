"""Who is at the other side of a call, and in which dialog a phone rings: from the directory and Kamailio's notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from carillon.presence.picture import Line
from carillon.routing.dialogs import TABLE, LiveDialog
from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import StoreDown
from carillon.supervision.rpc import Asker

ANONYMOUS: Final = "anonymous@anonymous.invalid"
"""What is shown of who withholds himself (RFC 3323 §4.1.1.3)."""

MOST_NAMES: Final = 10_000
"""Some megabytes."""

Notes = Callable[[Sequence[str]], Mapping[str, LiveDialog]]
"""Kamailio's notes of dialogs by their Call-IDs, those that there are."""
People = Mapping[str, tuple[Line, ...]]
"""Calls of people, by address of record."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Completes what Asterisk says of calls. `notes` asks Kamailio, `name_of` the directory for one number."""

    notes: Notes
    name_of: Callable[[str], str]
    _before: dict[str, tuple[tuple[Line, ...], tuple[Line, ...]]] = field(default_factory=dict)

    def notes_of(self, people: Iterable[Iterable[Line]]) -> Mapping[str, LiveDialog]:
        """What Kamailio knows of the dialogs in these calls, asked at once."""
        called = (line.call_id for lines in people for line in lines if line.call_id and not line.calling)
        asked = list(dict.fromkeys(called))
        return self.notes(asked) if asked else {}

    def all_completed(self, calls: People) -> dict[str, tuple[Line, ...]]:
        """The calls of people; nobody is asked about those that are told again and lack nothing."""
        news = {aor: lines for aor, lines in calls.items() if self._is_news(aor, lines)}
        notes = self.notes_of(news.values())
        for aor, lines in news.items():
            self._before[aor] = lines, tuple(self.completed(line, notes) for line in lines)
        known = {aor: self._before[aor][1] if lines else () for aor, lines in calls.items()}
        for aor in (aor for aor, lines in news.items() if not lines):
            del self._before[aor]
        return known

    def _is_news(self, aor: str, lines: tuple[Line, ...]) -> bool:
        told, known = self._before.get(aor, ((), ()))
        return told != lines or any(_lacks_tags(line) for line in known)

    def completed(self, line: Line, notes: Mapping[str, LiveDialog]) -> Line:
        """The same call, with the other side's name, and the tags of the dialog with the phone (RFC 4235 §4.1.2)."""
        note = notes.get(line.call_id) if line.call_id and not line.calling else None
        if note is None:
            return _line(line, line.other, self.name_of(line.other), line.local_tag, line.remote_tag)
        tags = note.phone_tags[0] if note.phone_tags else "", note.our_tag
        if note.withheld:
            return _line(line, ANONYMOUS, "Anonymous", *tags)
        return _line(line, note.caller or line.other, note.caller_name or self.name_of(line.other), *tags)


def _line(line: Line, other: str, name: str, local_tag: str, remote_tag: str) -> Line:
    """As `dataclasses.replace`, which costs more than all else here."""
    return Line(line.id, line.state, line.calling, other, name, line.call_id, local_tag, remote_tag, line.node)


def _lacks_tags(line: Line) -> bool:
    return bool(line.call_id) and not line.calling and not line.local_tag


def naming(directory: DirectoryReader, kamailio: Asker) -> Naming:
    """For a daemon, in the thread that asks. What does not answer names nobody: the number is shown alone."""
    return Naming(partial(_notes, kamailio), Names(directory).of)


def _notes(kamailio: Asker, asked: Sequence[str]) -> dict[str, LiveDialog]:
    told = kamailio.each([("htable.get", TABLE, call_id) for call_id in asked])
    found = {call_id: _note(call_id, answer) for call_id, answer in zip(asked, told, strict=True)}
    return {call_id: note for call_id, note in found.items() if note}


def _note(call_id: str, told: Any) -> LiveDialog | None:
    try:
        return LiveDialog.parse(call_id, told["item"]["value"])
    except (KeyError, TypeError, ValueError):  # also for what the question failed with
        return None


class Names:
    """Who has which number, as the directory says; it is read once for each, until it changes."""

    def __init__(self, directory: DirectoryReader) -> None:
        self._directory = directory
        self._known: dict[str, str] = {}
        self._version: object = None

    def of(self, address: str) -> str:
        """The name of who is reached by `user@domain`; "" for nobody, and while the directory does not answer."""
        number, _, domain = address.partition("@")
        if not domain:
            return ""
        try:
            self._renew()
            if address not in self._known:
                party = self._directory.party(domain, number)
                self._known[address] = party.name if party else ""
        except StoreDown:
            return ""
        return self._known[address]

    def _renew(self) -> None:
        self._directory.renew()
        version = self._directory.domains()  # another object after each change
        if version is not self._version or len(self._known) >= MOST_NAMES:
            self._known.clear()
        self._version = version
