"""Which trunk carries which outside numbers."""

from __future__ import annotations

from dataclasses import dataclass

from carillon.model.domain import require_canonical
from carillon.model.e164 import require_prefix
from carillon.model.label import require_label
from carillon.model.refused import Refused

LAST_POSITION = 9999
EVERYTHING = "any number"


@dataclass(frozen=True, slots=True)
class OutboundRoute:
    """Numbers that begin with `prefix` ('' for all) may go out by `trunk`; for people of `site`, None for everybody.

    Tried in this order: longer prefixes, then routes of the caller's own site before those of everybody, then
    lower positions, then trunks of lower priority number.
    """

    domain: str
    prefix: str
    trunk: str
    site: str | None = None
    position: int = 1

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_prefix("prefix", self.prefix)
        require_label("trunk", self.trunk)
        if self.site is not None:
            require_label("site", self.site)
        if not 1 <= self.position <= LAST_POSITION:
            raise Refused("position", f"{self.position} isn't possible; choose 1 to {LAST_POSITION}, 1 is tried first.")

    @property
    def key(self) -> str:
        """What the journal calls this route."""
        return f"{self.prefix or EVERYTHING} by {self.trunk}"
