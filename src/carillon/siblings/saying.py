"""What one sibling is still to be told, as lines: everything when a connection begins, then each change, and that we
are up. No connection in it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from carillon.siblings.bans import Row as Ban
from carillon.siblings.mirror.inventory import Moment
from carillon.siblings.parts import BEGINS, ENDS, Part, line
from carillon.siblings.subscriptions import Own, Queue
from carillon.siblings.wire import BEAT_S
from carillon.stores.keptcopies import Place as KeptPlace
from carillon.stores.removals import Row as Removed

AT_ONCE: Final = 200
"""So many of a part are told before other things have their turn; a line of places has as many."""

BANS: Final = "bans"
CLAIMS: Final = "claims"
REMOVED: Final = "removed"


class Home(Protocol):
    """This node, as far as siblings are told of it. `secret` is the label of the one that it has."""

    serving: bool
    leaving: bool
    secret: str

    @property
    def parts(self) -> Mapping[str, Part]:
        """What is told of everybody."""

    @property
    def bans(self) -> list[Ban]:
        """What this node has imposed."""

    @property
    def mirrored(self) -> Moment | None:
        """How far this node's voice messages and announcements are, None when it copies none."""

    @property
    def subscriptions(self) -> Own:
        """Which phones subscribe here."""

    def removed(self, name: str) -> list[Removed]:
        """What phones of that sibling have taken away here."""

    def kept(self, name: str) -> KeptPlace | None:
        """How far the messages that are kept here go, for that sibling."""


class Saying:
    """For the sibling of that name."""

    def __init__(self, name: str, home: Home, subscribed: Queue) -> None:
        """`subscribed` has what is to be told of subscriptions, which may take more than one turn."""
        self._name, self._home, self._subscribed = name, home, subscribed
        self._changed: dict[str, dict[str, None]] = {part: {} for part in home.parts}
        self._rows: dict[str, list[object]] = {BANS: [], CLAIMS: [], REMOVED: []}
        self._beat_at, self._serves = 0.0, False
        self._kept: KeptPlace | None = None
        self._secret, self._mirrored = "", False

    def changed(self, part: str, who: str) -> None:
        """Of `who`, something else is so now."""
        self._changed[part][who] = None

    def adds(self, kind: str, row: object) -> None:
        """One of BANS, CLAIMS or REMOVED more."""
        self._rows[kind].append(row)

    def mirrored(self) -> None:
        """There is something new to copy."""
        self._mirrored = True

    def begins(self) -> None:
        """A connection begins: who is at its other end may be new."""
        self._secret, self._mirrored = "", True

    def everything(self) -> Iterator[bytes]:
        """All that is so, a few at a time; what changes while this is told is told again by `news`."""
        for waiting in self._changed.values():
            waiting.clear()
        self._rows = {BANS: list(self._home.bans), CLAIMS: [], REMOVED: list(self._home.removed(self._name))}
        self._subscribed.all(self._home.subscriptions)
        for part in self._home.parts.values():
            yield part.edge(BEGINS, serving=self._home.serving)
            everybody = list(part.everybody())
            for start in range(0, len(everybody), AT_ONCE):
                yield b"".join(part.lines(everybody[start : start + AT_ONCE], serving=self._home.serving))
            yield part.edge(ENDS, serving=self._home.serving)

    def news(self) -> bytes:
        """What has changed since the last time, and, when it is due, that this node is up."""
        lines = [each for name, part in self._home.parts.items() for each in self._news_of(name, part)]
        for told in self._subscribed.turn(self._home.subscriptions):
            lines.append(line({"serving": self._home.serving, "subscribed": told}))
        beside = self._beside()
        if beside or not lines or self._is_beat_due():
            self._beat_at, self._serves = time.monotonic() + BEAT_S, self._home.serving
            lines.append(line({"serving": self._serves, "clock": round(time.time(), 1), **self._lasting(), **beside}))
        return b"".join(lines)

    def _news_of(self, name: str, part: Part) -> Iterator[bytes]:
        of = list(self._changed[name])
        self._changed[name].clear()
        for start in range(0, len(of), AT_ONCE):
            yield from part.lines(of[start : start + AT_ONCE], serving=self._home.serving)

    def _is_beat_due(self) -> bool:
        """What is said of calls says meanwhile that this node is up."""
        home = self._home
        return home.leaving or home.serving != self._serves or time.monotonic() >= self._beat_at

    def _lasting(self) -> dict[str, object]:
        """What is said each time."""
        said = dict[str, object]()
        if self._kept is not None:
            said["kept"] = self._kept
        if self._home.leaving:
            said["leaving"] = True
        return said

    def _beside(self) -> dict[str, object]:
        """What can't wait for the next beat."""
        rows = {kind: some for kind, some in self._rows.items() if some}
        self._rows = {kind: [] for kind in self._rows}
        home, beside = self._home, dict[str, object](rows)
        if self._mirrored and home.mirrored:
            beside["mirror"], self._mirrored = home.mirrored, False
        if home.secret != self._secret:
            beside["secret"] = self._secret = home.secret
        if (kept := home.kept(self._name)) != self._kept:
            beside["kept"] = self._kept = kept
        return beside
