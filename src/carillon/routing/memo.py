"""What a reply or failure route must remember of its request; rides in a transaction AVP as text.

Reply and failure routes may run in another process than the request route, so nothing may be kept in Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_SEPARATOR = "\x1f"


class Leg(StrEnum):
    """The two legs of a call: inbound goes to Asterisk, outbound comes from it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class Memo:
    """`leg_id` joins both legs of a call. `gateways_left` are still to be tried, `host:port` each."""

    leg: Leg
    leg_id: str
    called: str = ""
    called_name: str = ""
    gateways_left: tuple[str, ...] = ()

    def __str__(self) -> str:
        return _SEPARATOR.join((self.leg, self.leg_id, self.called, self.called_name, ",".join(self.gateways_left)))

    @classmethod
    def parse(cls, text: str) -> Memo:
        """The memo that `str()` wrote; raises ValueError on anything else."""
        leg, leg_id, called, called_name, gateways = text.split(_SEPARATOR)
        return cls(Leg(leg), leg_id, called, called_name, tuple(gateways.split(",")) if gateways else ())
