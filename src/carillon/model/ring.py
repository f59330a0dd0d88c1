"""With which ring a call rings: by where it comes from, in the words of each maker's phones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carillon.model.dialect import Dialect, Writing
from carillon.model.domain import require_canonical
from carillon.model.refused import Refused

_TEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,31}")
_URN = re.compile(r"urn:alert:[a-z0-9-]+(?::[a-z0-9-]+)*(?:@[a-z0-9.-]+)?(?:,urn:alert:[a-z0-9:@.-]+)*")
LONGEST_URN = 120
MOST_BELLCORE = 10


class RingOrigin(StrEnum):
    """What a call may ring as. A recall is one that comes back from a transfer."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    GROUP = "group"
    FORWARDED = "forwarded"
    RECALL = "recall"


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring of a domain: a word, a cadence (Bellcore-drN) and a URN (RFC 7462); phones are told one of the three.

    When it is not `enabled`, such calls ring as what they are besides, internal or external; those two then ring
    without being told how.
    """

    domain: str
    origin: RingOrigin
    text: str
    bellcore: int
    urn: str
    enabled: bool = True

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        if not _TEXT.fullmatch(self.text):
            raise Refused("text", f"{self.text!r} is no word for a phone; use up to 32 of A-Z a-z 0-9 blank . _ -")
        if not 1 <= self.bellcore <= MOST_BELLCORE:
            raise Refused("bellcore", f"must be 1 to {MOST_BELLCORE}.")
        if len(self.urn) > LONGEST_URN or not _URN.fullmatch(self.urn):
            raise Refused("urn", f"{self.urn!r} is no URN of RFC 7462; write one like urn:alert:source:internal.")


_DEFAULTS: Final = {
    RingOrigin.INTERNAL: (1, "urn:alert:source:internal", True),
    RingOrigin.EXTERNAL: (2, "urn:alert:source:external", True),
    RingOrigin.GROUP: (3, "urn:alert:source:group@{domain}", True),
    RingOrigin.FORWARDED: (4, "urn:alert:service:forward", False),
    RingOrigin.RECALL: (5, "urn:alert:service:recall:transfer", True),
}


def default_ring(domain: str, origin: RingOrigin) -> Ring:
    """The ring of a domain that has chosen none."""
    bellcore, urn, enabled = _DEFAULTS[origin]
    return Ring(domain, origin, f"alert-{origin}", bellcore, urn.format(domain=domain), enabled)


def alert_info(dialect: Dialect, text: str, bellcore: int, urn: str) -> str:
    """The value of Alert-Info for phones of a dialect."""
    match dialect.writing:
        case Writing.INFO:
            return f"<http://127.0.0.1>;info={text};x-line-id=0"
        case Writing.BELLCORE:
            return f"<http://127.0.0.1/Bellcore-dr{bellcore}>"
        case Writing.TEXT:
            return text
        case Writing.URN:
            return ", ".join(f"<{one}>" for one in urn.split(","))
