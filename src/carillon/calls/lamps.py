"""A listener in the calls daemon: tells the daemon `states` which calls each person has, as lamps show them.

On a node with siblings it tells the same to the daemon by which those hear of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from carillon.calls.asterisk import Asterisk
from carillon.calls.book import Book
from carillon.calls.channels import Channel, State
from carillon.calls.events import AllForNow, CallBegan, CallChanged, CallEnded, CallEvent
from carillon.calls.livecall import LiveCall, group_address
from carillon.calls.settings import Settings
from carillon.presence.picture import DialogState, Line
from carillon.states.news import Mouth, all_calls_again, calls_in_parts

AGAIN_S: Final = 10.0
"""Everything is told so often: what was lost, or told to a daemon that died, is made good."""


class Lamps:
    """What was told, and to whom."""

    def __init__(self, book: Book, *told: Path) -> None:
        self._book, self._mouth = book, Mouth(*told)
        self._people, self._groups = set[str](), set[str]()
        self._again_at = 0.0

    @classmethod
    def made(cls, settings: Settings, book: Book, asterisk: Asterisk) -> Lamps:
        """For the daemon."""
        return cls(book, settings.states, *((settings.siblings,) if settings.siblings else ()))

    def heard(self, event: CallEvent) -> None:
        """Somebody's calls are others now: whoever listens wakes up once for all that came together."""
        match event:
            case CallBegan(call) | CallEnded(call):
                self._touch(call)
            case CallChanged(before, call):
                self._touch(before, call)
            case AllForNow():
                people, self._people = self._people, set()
                groups, self._groups = self._groups, set()
                self._send(calls_in_parts(self._lines(people, groups)))

    def _touch(self, *calls: LiveCall) -> None:
        for call in calls:
            self._people |= call.people
            self._groups |= call.groups

    def tick(self, clock: float) -> None:
        """Tell everything now and then: a daemon that hasn't asked Asterisk yet knows nothing to tell."""
        if clock >= self._again_at and self._book.is_known:
            self._again_at = clock + AGAIN_S
            calls = self._book.calls.values()
            people = {aor for call in calls for aor in call.people}
            self._send(all_calls_again(self._lines(people, {one for call in calls for one in call.groups})))

    def _lines(self, people: Iterable[str], groups: Iterable[str]) -> dict[str, tuple[Line, ...]]:
        own = {aor: [line_of(call, aor) for call in self._book.calls_of(aor)] for aor in people}
        theirs = {one: [group_line_of(call, one) for call in self._book.calls.values()] for one in groups}
        return {who: tuple(filter(None, lines)) for who, lines in {**own, **theirs}.items()}

    def _send(self, datagrams: Iterable[bytes]) -> None:
        if not self._mouth.tells(datagrams):
            self._again_at = 0.0


def line_of(call: LiveCall, aor: str) -> Line | None:
    """A call as one of its people's lamps shows it: once, however many of his phones ring or talk in it.

    A side that neither rings nor talks nor makes the call isn't shown.
    """
    own = [one for one in call.channels if one.person == aor]
    mine = max(own, key=_importance, default=None)
    if mine is None or (mine.state is State.CALLING and mine.party != call.caller):
        return None
    calling = mine.party == call.caller and mine is call.channels[0]
    state = DialogState.CONFIRMED if mine.state is State.UP and _others_up(call, mine) else DialogState.EARLY
    other = _other(call, mine, calling=calling)
    return Line(call.id, state, calling, other, call_id=mine.made_in if calling else mine.call_id)


def group_line_of(call: LiveCall, group: str) -> Line | None:
    """A call as the lamp of a ring group shows it: early while it rings there, confirmed while a member talks.

    While it rings, it names the dialog with a phone that does: who takes that takes the group's call.
    """
    members = [one for one in call.channels[1:] if one.ring_group and one.person and group_address(one) == group]
    best = max(members, key=_importance, default=None)
    if best is None:
        return None
    state = DialogState.CONFIRMED if best.state is State.UP else DialogState.EARLY
    return Line(call.id, state, calling=False, other=call.caller, call_id=best.call_id)


def _importance(channel: Channel) -> int:
    return {State.CALLING: 0, State.RINGING: 1, State.UP: 2}[channel.state]


def _others_up(call: LiveCall, mine: Channel) -> bool:
    """A caller's own channel may be up by early media only: the call is up once somebody else's is, or he is alone."""
    return len(call.channels) == 1 or any(one.state is State.UP for one in call.channels if one is not mine)


def _other(call: LiveCall, mine: Channel, *, calling: bool) -> str:
    """Who is at the other side: whose channel is up before whose rings; else whom the call was made to or by.

    Never the person himself, though several of his phones ring by channels of their own.
    """
    others = [one for one in call.channels if one.party not in ("", mine.party)]
    others.sort(key=_importance, reverse=True)
    if others:
        return others[0].party
    return call.called if calling else call.caller
