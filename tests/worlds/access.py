"""The access number in the simulated office: what the script does with keys, by the same rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carillon.routing import access
from carillon.routing.access import Wanted
from carillon.routing.decision import Claim
from carillon.routing.facts import Slots, Unknown
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import quoted
from carillon.stores.ports import Directory, Party

if TYPE_CHECKING:
    from tests.worlds.engine import Leg

TRIES = 3


@dataclass(eq=False)
class Access:
    """A person of ours on the line, who types numbers; `pin` is his, `ends` hangs up."""

    call: Leg
    party: Party
    directory: Directory
    pin: str
    dials: Callable[[Leg, dict[str, str]], None]
    claims: Callable[[Claim], Slots | Unknown]
    ends: Callable[[], None]
    want: Wanted | None = None
    has_pin: bool = False
    numbers: int = 0
    pins: int = 0

    def types(self, keys: str) -> None:
        """Keys, of which a `#` ends a number or a PIN."""
        *typed, rest = keys.split("#")
        assert not rest, "a number ends with #"
        for one in typed:
            self._enter(one)

    def failed(self) -> None:
        """Nobody took the call: he may try another number."""
        self.want = None
        self.call.ringing.clear()
        if self.numbers >= TRIES:
            self.ends()

    def _enter(self, typed: str) -> None:
        if self.want is not None:
            self._pin(typed)
            return
        self.numbers += 1
        self.want = access.wanted(typed, self.party, self.directory)
        if self.want is None:
            self.failed()
        elif not self.want.needs_pin or self.has_pin:
            self._dial(self.want)

    def _pin(self, typed: str) -> None:
        assert self.want is not None
        self.pins += 1
        if self.pin and typed == self.pin:
            self.has_pin = True
            self._dial(self.want)
        elif self.pins >= TRIES:
            self.ends()

    def _dial(self, want: Wanted) -> None:
        if not access.may(self.party, want) or (not want.is_emergency and self._is_full()):
            self.failed()
            return
        kept = {key: value for key, value in self.call.headers.items() if key != PrivateHeader.SERVICE}
        own = {key: value for key, value in access.headers(self.party, want).items() if value}
        name = f"{quoted(self.party.name)} <sip:{self.party.aor}>"
        self.call.answered_by = None
        self.dials(self.call, {**kept, **own, "P-Asserted-Identity": name})

    def _is_full(self) -> bool:
        assert self.call.inbound_memo is not None
        slots = self.claims(Claim(self.call.inbound_memo.leg_id, self.party.limits))
        return isinstance(slots, Slots) and slots.full is not None
