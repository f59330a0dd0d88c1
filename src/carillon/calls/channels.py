"""What Asterisk says of one channel, which is one party of a call: read from an event or a list. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from carillon.calls.ami import Message
from carillon.sip.private import Kind

VARIABLES = ("LEG", "CALLER", "CALLED", "PARTY", "VIA", "PICKUPMARK", "GROUP", "DIALOG")
"""Set by the dial plan; Asterisk adds them to each event (`channelvars` in manager.conf)."""

_NOWHERE = "anonymous.invalid"


class State(StrEnum):
    """How far a channel, or a call, has come."""

    CALLING = "calling"
    RINGING = "ringing"
    UP = "up"


STATES = {"Up": State.UP, "Ringing": State.RINGING}
"""Those of Asterisk that matter; every other one is a call that is being made."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One party's place in Asterisk. `id` stays the same for its whole life, `name` may change.

    `leg` joins the two legs of a call. `party` is an address of record, or a number outside with our domain behind it.
    `via` says what it is: `person`, `trunk:NAME@DOMAIN`, `service`, or `mobile:NAME@DOMAIN`, a person who calls by a
    trunk; "" for a person as well. `caller` and `called`
    are those of the call as it was made. `bridge` is where it talks, "" for nowhere. `began` is a Unix time. `call_id`
    is that of the dialog with a phone that is called. Once it has `joined` others, it is known for sure who has it.
    `ring_group` is the name of the group for which the call is, or has been. `made_in` is the Call-ID of the dialog in
    which its phone has called, "" for one that is called.
    """

    id: str
    name: str
    leg: str
    party: str
    via: str
    caller: str
    called: str
    state: State
    bridge: str
    began: float
    call_id: str = ""
    joined: bool = False
    ring_group: str = ""
    made_in: str = ""

    @property
    def order(self) -> tuple[float, str]:
        """By which the oldest channel of a call is found: it gives the call its name."""
        return self.began, self.id

    @property
    def person(self) -> str:
        """The address of record of the person who has it, "" for a trunk, a service or somebody unknown."""
        kind, _, _ = self.via.partition(":")
        known = kind in {"", Kind.PERSON, Kind.MOBILE} and "@" in self.party and not self.party.endswith(_NOWHERE)
        return self.party if known else ""

    @property
    def trunk(self) -> str:
        """The trunk by which the party is reached, `name@domain`; "" for none."""
        kind, _, name = self.via.partition(":")
        return name if kind in {Kind.TRUNK, Kind.MOBILE} else ""


def channel_in(message: Message, *, other: bool = False) -> Channel | None:
    """The channel that a message is about, or the `other` one that is dialled; None when it has no call of ours."""
    before = "Dest" if other else ""
    variable = "DestVariable " if other else "Variable "
    leg, id = message.get(f"{variable}LEG", ""), message.get(f"{before}Uniqueid", "")
    if not leg or not id:
        return None
    said = {name: message.get(f"{variable}{name}", "") for name in VARIABLES}
    return Channel(
        *(id, message.get(f"{before}Channel" if other else "Channel", ""), leg),
        *(said["PARTY"], said["VIA"], said["CALLER"], said["CALLED"]),
        STATES.get(message.get(f"{before}ChannelStateDesc", ""), State.CALLING),
        message.get("BridgeUniqueid", message.get("BridgeID", "")),
        began(id),
        said["PICKUPMARK"],
        bool(message.get("BridgeUniqueid") or message.get("BridgeID")),
        said["GROUP"],
        said["DIALOG"],
    )


def began(id: str) -> float:
    """When the channel of this id was made, in Unix seconds: ids begin with that."""
    seconds, _, _ = id.partition(".")
    return float(seconds) if seconds.isdigit() else 0.0
