"""A ring group in the simulated office: what Asterisk does with the group's rounds, each member by a leg of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.worlds.phone import SimulatedPhone

from carillon.routing.groups import ended, rounds
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import GroupProfile

if TYPE_CHECKING:
    from tests.worlds.engine import Final, Leg


@dataclass(eq=False)
class RingGroup:
    """The members of a group who are called for one call. `fails` and `goes_on` are what comes when nobody answers."""

    group: GroupProfile
    call: Leg
    domain: str
    begin: Callable[[Leg, dict[str, str]], None]
    fails: Callable[[int, str, str], None]
    goes_on: Callable[[str], None]
    legs: list[Leg] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    rang: bool = False
    beginning: bool = False

    def __post_init__(self) -> None:
        self._rounds = list(rounds(self.group))

    def next_round(self) -> None:
        """Call the next ones together; when nobody is left, the group's end."""
        while self._rounds:
            members = self._rounds.pop(0)
            self.legs = [self._leg(member) for member in members]
            self.beginning = True
            for leg, member in zip(self.legs, members, strict=True):
                self.begin(leg, self._headers(f"{member}@{self.domain}"))
            self.beginning = False
            if self.shown():
                return
        if self.group.then:
            self.goes_on(self.group.then)
        else:
            self.fails(*ended(self.group.name, self.codes, rang=self.rang))

    def failed(self, leg: Leg, final: Final) -> None:
        """One member's leg has ended; the last one ends the round."""
        self.codes.append(final.code)
        leg.final = final
        if not self.shown() and not self.beginning:
            self.next_round()

    def rings_out(self) -> None:
        """The time of this round is over."""
        self.rang = True
        for leg in self.legs:
            leg.ringing.clear()
        self.shown()
        self.next_round()

    def leg_of(self, phone: SimulatedPhone) -> Leg:
        """The leg that rings a phone."""
        return next(leg for leg in self.legs if phone in leg.ringing)

    def _leg(self, member: str) -> Leg:
        leg = type(self.call)(self.call.caller, inbound_memo=self.call.inbound_memo)
        leg.part_of = self
        return leg

    def _headers(self, aor: str) -> dict[str, str]:
        headers = {key: value for key, value in self.call.headers.items() if key != PrivateHeader.SERVICE}
        group = {PrivateHeader.GROUP: self.group.name, PrivateHeader.NO_FORWARD: "yes"}
        return {**headers, **group, PrivateHeader.CALLED: aor}

    def shown(self) -> dict[SimulatedPhone, object]:
        """What rings now, seen from the whole call."""
        self.call.ringing = {phone: shown for leg in self.legs for phone, shown in leg.ringing.items()}
        return dict(self.call.ringing)
