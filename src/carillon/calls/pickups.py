"""A listener in the calls daemon: after the death of Kamailio it writes the notes by which calls are picked up anew.

The truth about what rings is Asterisk. Whom a call was forwarded to before it rang, and the tags of all phones that
ring for one person, only Kamailio knew: a copy is kept of each note while a phone rings. What rang too short for a copy
is written from what Asterisk says alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from carillon.calls.ami import Message, NoAnswer
from carillon.calls.asterisk import Asterisk
from carillon.calls.book import Book
from carillon.calls.channels import Channel, State, channel_in
from carillon.calls.dialognotes import DialogNotes, KamailioNotes
from carillon.calls.events import CallEvent
from carillon.calls.settings import Settings
from carillon.routing.dialogs import DialogState, LiveDialog
from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import Party, StoreDown
from carillon.supervision.rpc import RpcFailed

COPIES_A_TICK: Final = 20
"""Notes that are read each second at most: those that were read longest ago."""

OUR_TAG, PHONE_TAG, CALL_ID = "CHANNEL(pjsip,local_tag)", "CHANNEL(pjsip,remote_tag)", "CHANNEL(pjsip,call-id)"
WITHHELD, CALLER_NAME = "WITHHELD", "CONNECTEDLINE(name)"
_STATES: Final = {
    State.CALLING: DialogState.CALLING, State.RINGING: DialogState.RINGING, State.UP: DialogState.UP,
}  # fmt: skip


class Pickups:
    """`_copies` are notes as Kamailio had them, `_written` are our own, which nobody else keeps true; by Call-ID."""

    def __init__(self, book: Book, asterisk: Asterisk, directory: DirectoryReader, notes: DialogNotes) -> None:
        self._book, self._asterisk, self._directory, self._notes = book, asterisk, directory, notes
        self._copies: dict[str, LiveDialog] = {}
        self._read_at: dict[str, float] = {}
        self._written: dict[str, State] = {}
        self._said = ""

    @classmethod
    def made(cls, settings: Settings, book: Book, asterisk: Asterisk) -> Pickups:
        """For the daemon."""
        return cls(book, asterisk, DirectoryReader(settings.directory), KamailioNotes(settings.rpc))

    def heard(self, event: CallEvent) -> None:
        """Nothing at once: Kamailio keeps its notes true by itself."""

    def tick(self, clock: float) -> None:
        """Copy what rings, mend what is ours, and write all that there is to a Kamailio that knows nothing."""
        if self._asterisk.manager is None:
            return
        channels = {one.call_id: one for one in self._called()}
        try:
            if self._notes.are_whole():
                self._copy(channels, clock)
                self._mend(channels, clock)
            else:
                self._write_anew(clock)
            self._complain("")
        except (RpcFailed, NoAnswer, StoreDown) as failed:
            self._complain(str(failed))

    def _called(self) -> Iterator[Channel]:
        """The channels towards people's phones."""
        for call in self._book.calls.values():
            yield from (one for one in call.channels if one.call_id and one.person)

    # --- what Kamailio knows

    def _copy(self, channels: Mapping[str, Channel], clock: float) -> None:
        for known in (self._copies, self._read_at):
            for call_id in known.keys() - channels.keys():
                del known[call_id]
        ringing = [id for id, one in channels.items() if one.state is State.RINGING and id not in self._written]
        for call_id in sorted(ringing, key=lambda id: self._read_at.get(id, 0.0))[:COPIES_A_TICK]:
            self._read_at[call_id] = clock
            if note := self._notes.note(call_id):
                self._copies[call_id] = note

    # --- what it does not

    def _write_anew(self, clock: float) -> None:
        for message in self._asked():
            self._write(message, clock)
        self._notes.now_whole()

    def _mend(self, channels: Mapping[str, Channel], clock: float) -> None:
        """What we wrote goes with its call, and follows it: replies to it pass Kamailio as a stranger's."""
        for call_id in self._written.keys() - channels.keys():
            self._forget(call_id)
        for call_id, state in list(self._written.items()):
            channel = channels[call_id]
            if channel.state is not state:
                for message in self._asked(Channel=channel.name):
                    self._write(message, clock)

    def _forget(self, call_id: str) -> None:
        if call_id in self._written:
            self._notes.forget(call_id)
            del self._written[call_id]

    def _asked(self, **only: str) -> list[Message]:
        """Asterisk's channels, with what a note wants to know of them."""
        variables = ",".join((OUR_TAG, PHONE_TAG, CALL_ID, WITHHELD, CALLER_NAME))
        return self._asterisk.listed("Status", "Status", Variables=variables, **only)

    def _write(self, message: Message, clock: float) -> None:
        channel = channel_in(message)
        if channel is None or not channel.call_id or not channel.person:
            return
        now_at = message.get(f"Variable {CALL_ID}")
        if not now_at:
            return  # Asterisk could not say just then: it is asked again
        if now_at != channel.call_id:
            self._forget(channel.call_id)  # it was picked up: another phone has it now
            return
        if channel.call_id not in self._written and self._notes.note(channel.call_id):
            return  # it began since, and is Kamailio's own
        before = self._copies.get(channel.call_id) or self._from_asterisk(channel, message)
        if before is not None:
            note = _now(before, channel.state, message.get(f"Variable {PHONE_TAG}", ""), clock)
            # even if no answer comes it may stand there, and be ours to remove
            self._written.setdefault(channel.call_id, channel.state)
            self._notes.keep(note)
            self._copies[channel.call_id], self._written[channel.call_id] = note, channel.state

    def _from_asterisk(self, channel: Channel, message: Message) -> LiveDialog | None:
        person, our_tag = self._party(channel.person), message.get(f"Variable {OUR_TAG}", "")
        if person is None or not our_tag:
            return None
        withheld = bool(message.get(f"Variable {WITHHELD}"))
        known = self._party(channel.caller)
        name = known.name if known else message.get(f"Variable {CALLER_NAME}", "")
        who = (channel.call_id, person.aor, our_tag, channel.caller, "" if withheld else name, person.pickup)
        return LiveDialog(*who, since=channel.began, withheld=withheld)

    def _party(self, address: str) -> Party | None:
        number, _, domain = address.partition("@")
        return self._directory.party(domain, number)

    def _complain(self, words: str) -> None:
        if words != self._said:
            self._said = words
            print(f"calls: notes for pick-up: {words or 'right again'}", file=sys.stderr, flush=True)


def _now(note: LiveDialog, state: State, phone_tag: str, clock: float) -> LiveDialog:
    """The note of a dialog that has come so far; since when it rings is kept."""
    if state is State.UP:
        return note.is_answered(phone_tag, clock)
    if state is State.RINGING and phone_tag:
        return replace(note.rings(phone_tag, clock), since=note.since)
    return replace(note, state=_STATES[state])
