"""A listener in the calls daemon: tells the daemon `states` which calls each person has, as lamps show them.

On a node with siblings it tells the same to the daemon by which those hear of it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from carillon.calls.asterisk import Asterisk
from carillon.calls.book import Book
from carillon.calls.channels import Channel, State
from carillon.calls.events import CallBegan, CallChanged, CallEnded, CallEvent
from carillon.calls.livecall import LiveCall
from carillon.calls.settings import Settings
from carillon.presence.picture import DialogState, Line
from carillon.states.news import calls_told

AGAIN_S: Final = 10.0
"""Everything is told so often: what was lost, or told to a daemon that died, is made good."""
A_DATAGRAM: Final = 100
"""People in one datagram, so that it fits."""


class Lamps:
    """What was told, and to whom."""

    def __init__(self, book: Book, *told: Path) -> None:
        self._book, self._told = book, tuple(map(str, told))
        self._again_at = 0.0

    @classmethod
    def made(cls, settings: Settings, book: Book, asterisk: Asterisk) -> Lamps:
        """For the daemon."""
        return cls(book, settings.states, *((settings.siblings,) if settings.siblings else ()))

    def heard(self, event: CallEvent) -> None:
        """Somebody's calls are others now."""
        match event:
            case CallBegan(call) | CallEnded(call):
                self._tell(call.people)
            case CallChanged(before, call):
                self._tell(before.people | call.people)

    def tick(self, clock: float) -> None:
        """Tell everything now and then."""
        if clock >= self._again_at:
            self._again_at = clock + AGAIN_S
            people = {aor for call in self._book.calls.values() for aor in call.people}
            self._send(calls_told({aor: self._lines(aor) for aor in people}, everybody=True))

    def _tell(self, people: Iterable[str]) -> None:
        some = sorted(people)
        for start in range(0, len(some), A_DATAGRAM):
            told = {aor: self._lines(aor) for aor in some[start : start + A_DATAGRAM]}
            self._send(calls_told(told))

    def _lines(self, aor: str) -> tuple[Line, ...]:
        return tuple(line for call in self._book.calls_of(aor) if (line := line_of(call, aor)))

    def _send(self, datagram: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as telling:
            for place in self._told:
                try:
                    telling.sendto(datagram, place)
                except OSError:
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
    return Line(call.id, state, calling, other, call_id="" if calling else mine.call_id)


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
