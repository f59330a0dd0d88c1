"""What a reply or failure route must remember of its request; rides in a transaction AVP as text.

Reply and failure routes may run in another process than the request route, so nothing may be kept in Python.
"""

from __future__ import annotations

from enum import StrEnum

from carillon.model.frozen import dataclass
from carillon.routing.anchor import Anchor

_SEPARATOR = "\x1f"


class Leg(StrEnum):
    """The two legs of a call: inbound goes to Asterisk, outbound comes from it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


_LEGS = {str(leg): leg for leg in Leg}


@dataclass(frozen=True, slots=True)
class Memo:
    """`leg_id` joins both legs of a call.

    `gateways_left` (`host:port`) are still to be tried; `trunk` (`name uri`) is being tried, and `answered` says that
    its challenge was; `next_trunk` is how the call goes on to another one, written as `onward`. `anchor` is what the
    relay carries of the inbound leg. `onward` is how a failed call goes on, see `progress.Onward`; "" if it does not.
    `service` is what answers at the gateway by itself, "" where somebody is called. `party` is what Asterisk is told of
    who answers, see `PrivateHeader.PARTY`; "" when it knows. `ring_until` (Unix seconds) is when ringing ends. `slots`
    are the places that this leg has claimed, see `limits`. `shown` is who the caller is told rings, see `calledname`;
    `says` is what he is told of him, see `words`; on the inbound leg what he is told when that one is busy.
    `recording` is what is kept with the recording of this leg, "" where it is not recorded.
    `targets_left` are places of the same trunk that are still to be tried.
    `caller` is who of us has called a colleague, for call-back on busy; "" for others.
    `gone` is of a leg that takes a call, see `takeover`: the code should that have ended, and its Call-ID.
    `if_silent` is how the call goes on when no phone was heard, see `beyond.asked_again`; "" if it does not.
    """

    leg: Leg
    leg_id: str
    called: str = ""
    called_name: str = ""
    gateways_left: tuple[str, ...] = ()
    next_trunk: str = ""
    trunk: str = ""
    answered: bool = False
    anchor: Anchor | None = None
    onward: str = ""
    service: str = ""
    party: str = ""
    ring_until: float = 0
    slots: tuple[str, ...] = ()
    shown: str = ""
    says: str = ""
    recording: str = ""
    caller: str = ""
    targets_left: tuple[str, ...] = ()
    gone: str = ""
    if_silent: str = ""

    def __str__(self) -> str:
        left = (
            ",".join(self.gateways_left),
            self.next_trunk,
            self.trunk,
            "yes" if self.answered else "",
            str(self.anchor or ""),
            self.onward,
            self.service,
            self.party,
            f"{self.ring_until:.0f}",
            ",".join(self.slots),
            self.shown,
            self.says,
            self.recording,
            self.caller,
            ",".join(self.targets_left),
            self.gone,
            self.if_silent,
        )
        return _SEPARATOR.join((self.leg, self.leg_id, self.called, self.called_name, *left))

    @classmethod
    def parse(cls, text: str) -> Memo:
        """The memo that `str()` wrote; raises ValueError on anything else."""
        leg, leg_id, called, called_name, *rest = text.split(_SEPARATOR)
        (
            gateways,
            next_trunk,
            trunk,
            answered,
            anchor,
            onward,
            service,
            party,
            until,
            slots,
            shown,
            says,
            kept,
            caller,
            targets,
            gone,
            if_silent,
        ) = rest
        tried = _listed(gateways), next_trunk, trunk, bool(answered)
        return cls(
            _LEGS.get(leg) or Leg(leg),
            leg_id,
            called,
            called_name,
            *tried,
            Anchor.parse(anchor),
            onward,
            service,
            party,
            float(until),
            _listed(slots),
            shown,
            says,
            kept,
            caller,
            _listed(targets),
            gone,
            if_silent,
        )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()
