"""What the calls daemon tells those who listen in it. A listener is an object with two methods, made with the book:

    class Callbacks:
        def __init__(self, book: Book, asterisk: Asterisk) -> None: ...
        def heard(self, event: CallEvent) -> None: ...   # at once, in order
        def tick(self, clock: float) -> None: ...        # about once a second, with the Unix time

and is named in `daemon.LISTENERS`. Both run in the daemon's only thread: they don't wait for anything. An exception is
logged and stops nobody else. Between two calls of its methods a listener may ask the `Book` who has which calls.

`PersonFree` comes when the last call of a person has ended, `PersonBusy` with the first one; a person whose phone only
rings counts. `AllForNow` is behind whatever came at one time. After a restart of the daemon, or of Asterisk, the events
are those that lead from what was known before (nothing, for a daemon that was started anew) to what is: a listener that
must miss nothing looks at the book in `tick`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from carillon.calls.livecall import LiveCall


@dataclass(frozen=True, slots=True)
class CallBegan:
    """A call that was not there before."""

    call: LiveCall


@dataclass(frozen=True, slots=True)
class CallChanged:
    """Somebody rings, answered, came or left. A call that joins another one (attended transfer) ends in it."""

    before: LiveCall
    call: LiveCall


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call that is no more, as it was last."""

    call: LiveCall


@dataclass(frozen=True, slots=True)
class PersonBusy:
    """A person has a call now, and had none."""

    aor: str


@dataclass(frozen=True, slots=True)
class PersonFree:
    """A person has no call any more."""

    aor: str


@dataclass(frozen=True, slots=True)
class AllForNow:
    """The last of some events that came together: who tells others says once what became of them all."""


CallEvent = CallBegan | CallChanged | CallEnded | PersonBusy | PersonFree | AllForNow


class Listener(Protocol):
    """Somebody in the daemon who wants to know of calls."""

    def heard(self, event: CallEvent) -> None:
        """Something has happened."""

    def tick(self, clock: float) -> None:
        """A second has gone by."""
