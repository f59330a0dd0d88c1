"""Call-back on busy: somebody waits until somebody else is free."""

from __future__ import annotations

from dataclasses import dataclass

from carillon.model.domain import require_canonical
from carillon.model.refused import Refused
from carillon.model.user import require_extension

MOST_TRIES = 3
"""So often the phones of who waits ring in vain, then he waits no more."""

LONGEST_CLAIM_S = 60.0
"""So long a claim holds whose holder says nothing more; one that would hold for longer is of a clock that is ahead."""


@dataclass(frozen=True, slots=True)
class Callback:
    """`extension` waits for `target`, both of one domain, since `asked_at` and until `expires_at` (Unix seconds).

    `tries` is how often his phones rang in vain. Until `claimed_until` somebody is at it, or it is too early to try
    again.
    """

    domain: str
    extension: str
    target: str
    asked_at: float
    expires_at: float
    tries: int = 0
    claimed_until: float = 0.0
    id: int = 0

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_extension("extension", self.extension)
        require_extension("target", self.target)
        if self.extension == self.target:
            raise Refused("target", "nobody waits for himself; write whom to wait for.")
