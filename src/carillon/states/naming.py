"""Who is at the other side of a call, and in which dialog a phone rings: from the directory and Kamailio's notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from carillon.presence.picture import Line
from carillon.routing.dialogs import TABLE, LiveDialog
from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import StoreDown
from carillon.supervision.rpc import Asker, RpcFailed

ANONYMOUS: Final = "anonymous@anonymous.invalid"
"""What is shown of who withholds himself (RFC 3323 §4.1.1.3)."""

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
    return Naming(lambda call_id: _note(kamailio, call_id), lambda address: _name(directory, address))


def _note(kamailio: Asker, call_id: str) -> LiveDialog | None:
    try:
        told = kamailio("htable.get", TABLE, call_id)
        return LiveDialog.parse(call_id, told["item"]["value"])
    except (RpcFailed, KeyError, TypeError, ValueError):
        return None


def _name(directory: DirectoryReader, address: str) -> str:
    number, _, domain = address.partition("@")
    if not domain:
        return ""
    try:
        directory.renew()
        party = directory.party(domain, number)
    except StoreDown:
        return ""
    return party.name if party else ""
