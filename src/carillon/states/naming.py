"""Who is at the other side of a call, and in which dialog a phone rings: from the directory and Kamailio's notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
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

Note = Callable[[str], LiveDialog | None]
"""The note of a dialog by its Call-ID."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Completes what Asterisk says of a call. `note` asks Kamailio, `name_of` the directory, each for one."""

    note: Note
    name_of: Callable[[str], str]
    _before: dict[str, tuple[tuple[Line, ...], tuple[Line, ...]]] = field(default_factory=dict)

    def all_completed(self, calls: Mapping[str, tuple[Line, ...]]) -> dict[str, tuple[Line, ...]]:
        """The calls of people; nobody is asked about those that are told again and lack nothing."""
        return {aor: self._completed(aor, lines) for aor, lines in calls.items()}

    def _completed(self, aor: str, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        told, known = self._before.get(aor, ((), ()))
        if told != lines or any(_lacks_tags(line) for line in known):
            known = tuple(map(self.completed, lines))
            self._before[aor] = (lines, known)
        if not lines:
            self._before.pop(aor, None)
        return known

    def completed(self, line: Line) -> Line:
        """The same call, with the other side's name, and the tags of the dialog with the phone (RFC 4235 §4.1.2)."""
        note = self.note(line.call_id) if line.call_id and not line.calling else None
        if note is None:
            return replace(line, other_name=self.name_of(line.other))
        phone_tag = note.phone_tags[0] if note.phone_tags else ""
        tagged = replace(line, local_tag=phone_tag, remote_tag=note.our_tag)
        if note.withheld:
            return replace(tagged, other=ANONYMOUS, other_name="Anonymous")
        return replace(tagged, other=note.caller or line.other, other_name=note.caller_name or self.name_of(line.other))


def _lacks_tags(line: Line) -> bool:
    return bool(line.call_id) and not line.calling and not line.local_tag


def naming(directory: DirectoryReader, kamailio: Asker) -> Naming:
    """For a daemon, in the thread that asks. What does not answer names nobody: the number is shown alone."""
    return Naming(lambda call_id: notes(kamailio, [call_id]).get(call_id), Names(directory).of)


def notes(kamailio: Asker, call_ids: Iterable[str]) -> dict[str, LiveDialog]:
    """Kamailio's notes of these dialogs, those that there are."""
    asked = list(call_ids)
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
