"""What becomes of a message that is kept: numbers, and what the answer of a phone means."""

from __future__ import annotations

from enum import Enum
from typing import Final

MOST: Final = 100
"""Messages that are kept for one person."""
KEPT_S: Final = 30 * 24 * 3600
AGAIN_S: Final = 60
"""A message that nobody took, although a phone is registered, is tried again after so many seconds."""

NOBODY_THERE: Final = frozenset({408, 430, 477, 478, 480, 487, 500, 503, 504})
"""Answers that say that no phone was reached, or that it can't just now."""


class Fate(Enum):
    """What happens to a message after an answer."""

    DELIVERED = "delivered"
    WAITS = "waits"
    REFUSED = "refused"


def fate(code: int) -> Fate:
    """What a final code means. A refusal is final: the phone would say the same again."""
    if 200 <= code < 300:
        return Fate.DELIVERED
    return Fate.WAITS if code in NOBODY_THERE else Fate.REFUSED
