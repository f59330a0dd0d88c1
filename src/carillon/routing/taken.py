"""What the inbound leg of a take-over tells the outbound one, and what both say of it. See `takeover`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from carillon.model.frozen import dataclass

REASONS: Final = {481: "Call/Transaction Does Not Exist", 603: "Decline"}

GONE: Final = "The call rings no more"
"""What the picker reads when somebody was faster."""

OUTSIDE: Final = "At a branch without Asterisk an answered call from outside can't be taken over"
"""What he reads where no phone of ours is at the other side."""

NO_REPLACES: Final = 420
KEEPS: Final = "The phone of the caller does not give its call to somebody else"
"""What he reads when that phone doesn't know Replaces."""

COMPLETED_ELSEWHERE: Final = 'SIP;cause=200;text="Call completed elsewhere"'
"""What phones are told that stop to ring because the call was picked up (RFC 3326)."""

TABLE: Final = "taken"
"""Where it is noted, for seconds, which ringing calls are being picked up, by Call-ID."""

REFERRALS: Final = "referrals"
"""Where it is noted who has sent somebody into a dialog, by its Call-ID."""


class Side(StrEnum):
    """Whose phone of a dialog takes a new call in its place; `EARLY`: the caller's, unless it is answered."""

    EARLY = "early"
    CALLER = "caller"
    CALLED = "called"


@dataclass(frozen=True, slots=True)
class Taken:
    """What the inbound leg has decided: the final code should the dialog have ended, its Call-ID, and who takes it.

    `aor` is the address of record of that side.
    """

    code: int
    call_id: str
    side: Side
    aor: str

    @classmethod
    def parse(cls, text: str) -> Taken:
        """What `str()` wrote; raises ValueError on anything else."""
        code, call_id, side, aor = text.split()
        return cls(int(code), call_id, Side(side), aor)

    def __str__(self) -> str:
        return f"{self.code} {self.call_id} {self.side} {self.aor}"
