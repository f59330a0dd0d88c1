"""Session timers (RFC 4028): what Session-Expires and Min-SE say."""

from __future__ import annotations

import re

from carillon.model.frozen import dataclass

SHORTEST_S = 90
"""No interval may be shorter (RFC 4028 §4)."""

_DELTA = 2**32 - 1
_VALUE = re.compile(r"\s*([0-9]{1,10})\s*((?:;\s*[!-:<-~]+(?:\s*=\s*[!-:<-~]+)?\s*)*)")
_REFRESHER = re.compile(r";\s*refresher\s*=\s*([^;\s]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Timing:
    """What a request says of session timers, as received; "" where it says nothing.

    `supported`: its sender knows session timers.
    """

    session_expires: str = ""
    min_se: str = ""
    supported: bool = False


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """An interval in seconds, and who is to refresh the session within it: `uac`, `uas`, or "" if nobody was named."""

    seconds: int
    refresher: str = ""

    def __str__(self) -> str:
        return f"{self.seconds};refresher={self.refresher}" if self.refresher else str(self.seconds)

    @classmethod
    def parse(cls, text: str) -> SessionExpires | None:
        """The value of Session-Expires, None for what the grammar does not know (RFC 4028 §4)."""
        found = _VALUE.fullmatch(text)
        if found is None or int(found[1]) > _DELTA:
            return None
        named = [each.lower() for each in _REFRESHER.findall(found[2])]
        if len(named) > 1 or not set(named) <= {"uac", "uas"}:
            return None
        return cls(int(found[1]), *named)


def min_se(text: str) -> int | None:
    """The seconds of a Min-SE, None for what the grammar does not know (RFC 4028 §5)."""
    found = _VALUE.fullmatch(text)
    return int(found[1]) if found and int(found[1]) <= _DELTA else None
