"""A listener in the calls daemon: tells the daemon `states` which calls each person has, as lamps show them.

On a node with siblings it tells the same to the daemon by which those hear of it: of several things within a moment the
first at once, the others together (docs/adr/0053).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
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
GATHER_S: Final = 0.1
"""So long whatever siblings hear next is gathered: waking them up costs all nodes more than what is said."""


class Lamps:
    """What was told, and to whom."""

    def __init__(
        self, book: Book, states: Path, siblings: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._book, self._states, self._siblings = book, Mouth(states), Mouth(siblings) if siblings else None
        self._now, self._gathered = Concerned(), Concerned()
        self._again_at = self._siblings_at = 0.0

    @classmethod
    def made(cls, settings: Settings, book: Book, asterisk: Asterisk) -> Lamps:
        """For the daemon."""
        return cls(book, settings.states, settings.siblings)

    def heard(self, event: CallEvent) -> None:
        """Somebody's calls are others now: whoever listens wakes up once for all that came together."""
        match event:
            case CallBegan(call) | CallEnded(call):
                self._now.touch(call)
            case CallChanged(before, call):
                self._now.touch(before, call)
            case AllForNow():
                self._tell()

    def _tell(self) -> None:
        concerned, self._now = self._now, Concerned()
        self._send(self._states, calls_in_parts(self._lines(concerned)))
        if self._siblings:
            self._gathered.add(concerned)
            self._tell_siblings(self._siblings, self._clock())

    def _tell_siblings(self, siblings: Mouth, now: float) -> None:
        if self._gathered and now >= self._siblings_at:
            concerned, self._gathered = self._gathered, Concerned()
            self._send(siblings, calls_in_parts(self._lines(concerned)))
            self._siblings_at = now + GATHER_S

    def tick(self, clock: float) -> None:
        """Tell everything now and then: a daemon that hasn't asked Asterisk yet knows nothing to tell."""
        if clock >= self._again_at and self._book.is_known:
            self._again_at = clock + AGAIN_S
            everything = Concerned()
            everything.touch(*self._book.calls.values())
            told = list(all_calls_again(self._lines(everything)))
            for mouth in filter(None, (self._states, self._siblings)):
                self._send(mouth, told)

    def _lines(self, concerned: Concerned) -> dict[str, tuple[Line, ...]]:
        own = {aor: [line_of(call, aor) for call in self._book.calls_of(aor)] for aor in concerned.people}
        calls = self._book.calls.values() if concerned.groups else ()
        theirs = {one: [group_line_of(call, one) for call in calls] for one in concerned.groups}
        return {who: tuple(filter(None, lines)) for who, lines in {**own, **theirs}.items()}

    def _send(self, mouth: Mouth, datagrams: Iterable[bytes]) -> None:
        if not mouth.tells(datagrams):
            self._again_at = 0.0


class Concerned:
    """Of whom something is to be told: people and ring groups."""

    def __init__(self) -> None:
        self.people, self.groups = set[str](), set[str]()

    def touch(self, *calls: LiveCall) -> None:
        """All who are in these calls."""
        for call in calls:
            self.people |= call.people
            self.groups |= call.groups

    def add(self, other: Concerned) -> None:
        """These as well."""
        self.people |= other.people
        self.groups |= other.groups

    def __bool__(self) -> bool:
        return bool(self.people or self.groups)


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
