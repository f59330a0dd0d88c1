"""Which phones ring first where they don't say so themselves: rules by make, transport and name of the device."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from carillon.model.domain import require_canonical
from carillon.model.refused import Refused

LONGEST_PATTERN: Final = 64
TRANSPORTS: Final = ("udp", "tcp", "tls")


@dataclass(frozen=True, slots=True)
class PriorityRule:
    """Phones that fit all that is given ring at `priority`, 0 to 1, when they send no q (RFC 3261 §20.10).

    `agent` is a pattern for the User-Agent and `device` one for the name of the device, with `*` and `?`, in whatever
    case; "" fits all, as does no `transport`. With `override` it counts before the q of a phone too. `id` is 0 until
    it is kept.
    """

    domain: str
    priority: float
    agent: str = ""
    transport: str = ""
    device: str = ""
    override: bool = False
    id: int = 0

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_priority(self.priority)
        if not (self.agent or self.transport or self.device):
            raise Refused("agent", "say which phones: give --agent, --transport or --device; '*' fits every agent.")
        if self.transport not in ("", *TRANSPORTS):
            raise Refused("transport", f"{self.transport!r} isn't known; choose among {', '.join(TRANSPORTS)}.")
        for field, pattern in (("agent", self.agent), ("device", self.device)):
            if len(pattern) > LONGEST_PATTERN or not pattern.isprintable():
                raise Refused(field, f"is no pattern; use at most {LONGEST_PATTERN} printable characters.")

    @property
    def phones(self) -> str:
        """Which phones it is about, in words."""
        told = (("", self.agent), ("over ", self.transport.upper()), ("named ", self.device))
        return " ".join(f"{word}{value}" for word, value in told if value)


def require_priority(priority: float) -> None:
    """Raise `Refused` unless it can be a q."""
    if not (0 <= priority <= 1 and round(priority, 3) == priority):
        raise Refused("priority", "must be a number from 0 to 1 with three decimals at most.")


def fits(pattern: str, text: str) -> bool:
    """Whether all of `text` is as `pattern` says, in whatever case; an empty pattern fits all."""
    return not pattern or _compiled(pattern.lower()).match(text.strip().lower()) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))
