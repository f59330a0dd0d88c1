"""Calls that no Asterisk has: those which pass Kamailio twice, as its own list of dialogs has them. `routing.spiral`.

What the list says of a dialog is read as the two channels that an Asterisk would have. The engine forgets it when it
dies, and the calls go on: see `survivors`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from carillon.calls.channels import Channel, State
from carillon.calls.listing import LiveCall
from carillon.stores.tracewire import short_id
from carillon.supervision import rpc

STATES: Final = {1: State.CALLING, 2: State.RINGING, 3: State.UP, 4: State.UP}
"""By the engine's number; 5 is a dialog that is over and not yet forgotten."""


@dataclass(frozen=True, slots=True)
class Spiral:
    """A dialog of Kamailio's: `entry` and `id` are its names there, `words` what the workers have noted with it.

    `began` is a Unix time; `sequence` is the CSeq of its INVITE.
    """

    entry: int
    id: int
    call_id: str
    sequence: str
    state: State
    began: int
    words: Mapping[str, str]

    @property
    def id_text(self) -> str:
        """By what it is told from others, also those of another run of the engine."""
        return f"{self.began}.{self.entry}.{self.id}"

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Who calls, and who is called once that is known."""
        sides = (self.words.get("caller_is", ""), self.words.get("party", ""))
        return tuple(self._channel(place, side) for place, side in enumerate(sides) if side)

    def _channel(self, place: int, side: str) -> Channel:
        via, _, party = side.partition(" ")
        name, is_up = self.id_text, self.state is State.UP
        return Channel(
            *(f"{name}.{place}", name, self.words["leg"], party, via),
            *(self.words.get("caller", ""), self.words.get("called", "")),
            state=self.state if place or is_up else State.CALLING,
            bridge=name if is_up else "",
            began=float(self.began),
            call_id=self.call_id if place else "",
            joined=is_up,
            made_in="" if place else self.call_id,
        )

    @property
    def call(self) -> LiveCall:
        """As lists of calls show it."""
        leg = self.words["leg"].partition("-")[0]
        return LiveCall(
            *(short_id(leg), leg, self.words.get("caller", ""), self.words.get("called", "")),
            *(str(self.state), float(self.began), (self.call_id, self.call_id)),
            channels=tuple(one.id for one in self.channels),
        )


def spirals(at: Path) -> list[Spiral]:
    """All that are up, oldest first. `at` is Kamailio's RPC socket. Raises `RpcFailed`."""
    found = (spiral_in(told) for told in rpc.call(at, "dlg.list") or ())
    return sorted((one for one in found if one), key=lambda one: (one.began, one.entry, one.id))


def engine_since(at: Path) -> str:
    """Since when this Kamailio runs, as it writes it. Raises `RpcFailed`."""
    return str(rpc.call(at, "core.uptime")["up_since"])


def spiral_in(told: Mapping[str, Any]) -> Spiral | None:
    """A dialog as the engine tells it, None for one that is over or nobody's call."""
    words = {name: str(value) for one in told["variables"] for name, value in one.items()}
    state = STATES.get(int(told["state"]))
    if state is None or "leg" not in words:
        return None
    names = int(told["h_entry"]), int(told["h_id"])
    return Spiral(*names, told["call-id"], str(told["caller"]["cseq"]), state, int(told["init_ts"]), words)


def hang_up(at: Path, name: str) -> LiveCall | None:
    """End the call of this short id or Call-ID; which one that was, None when there is none. Raises `RpcFailed`."""
    found = next((one for one in spirals(at) if one.call.answers_to(name)), None)
    if found is None:
        return None
    with suppress(rpc.NotThere):  # it has just ended by itself
        if found.state is State.UP:
            rpc.call(at, "dlg.end_dlg", found.entry, found.id)
        else:
            rpc.call(at, "tm.cancel", found.call_id, found.sequence)
    return found.call
