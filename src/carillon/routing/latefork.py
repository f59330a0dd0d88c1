"""A phone that is rung as one more of a call that rings already (late forking): what is noted of it, and where."""

from __future__ import annotations

from typing import Final

from carillon.model.frozen import dataclass
from carillon.routing.dialogs import LiveDialog
from carillon.sip.private import Kind

TABLE: Final = "lateforks"
"""Whose phone was rung late, by Call-ID and number of the branch."""

TRANSACTIONS: Final = "ringing"
"""Which transaction of the engine a ringing call is, by Call-ID."""

KEPT: Final = "kept"
"""Which calls nobody at the other side hands over, by Call-ID."""

CLAIMS: Final = "claims"
"""How many have wanted to pick such a call up just now, by Call-ID."""

CLAIMED_S: Final = 10
"""So long nobody else gets it: until then a phone that answers by itself has done so."""

_SEPARATOR: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class LateFork:
    """Whose phone it is: `shown` as P-Asserted-Identity writes him, `dialog` the one with it, should it answer."""

    shown: str
    dialog: LiveDialog

    @property
    def party(self) -> str:
        """As `PrivateHeader.PARTY` says it."""
        return f"{Kind.PERSON} {self.dialog.aor}"

    def __str__(self) -> str:
        return _SEPARATOR.join((self.dialog.call_id, self.shown, str(self.dialog)))

    @classmethod
    def parse(cls, text: str) -> LateFork:
        """What `str()` wrote; raises ValueError on anything else."""
        call_id, shown, dialog = text.split(_SEPARATOR)
        return cls(shown, LiveDialog.parse(call_id, dialog))
