"""Phones that ring one after the other: those of equal q together, a lower q when the higher ones did not answer.

RFC 3261 §16.6. All groups together ring as long as one would.
"""

from __future__ import annotations

from typing import Final

from carillon.routing.chain import Verdict
from carillon.routing.decision import RingNext
from carillon.routing.facts import FailureFacts
from carillon.routing.memo import Leg, Memo

STEP_S: Final = 20
"""How long a group rings when another one follows it, unless all together have less."""

LEAST_S: Final = 2
"""With less left, nobody would come to the phone."""

NO_OTHER: Final = Verdict("skipped", "no other phone")


def step_s(left_s: int, later: int) -> int:
    """How long a group of phones rings, in seconds: of `left_s` for all, with `later` groups behind it."""
    return max(1, min(STEP_S, left_s // (later + 1))) if later else left_s


def next_phones(memo: Memo, failure: FailureFacts) -> Verdict:
    """The next phones of the person ring, unless one has spoken for all (6xx, 3xx) or the ringing time is over."""
    if memo.leg is Leg.INBOUND or not failure.phones_later:
        return NO_OTHER
    if failure.code >= 600 or 300 <= failure.code < 400:
        return Verdict("passed", f"{failure.code} is for all phones")
    left = int(memo.ring_until - failure.now)
    if left < LEAST_S:
        return Verdict("passed", "the ringing time is over")
    later = failure.phones_later - 1
    why = "silence" if failure.timed_out else f"{failure.code} {failure.reason}".strip()
    ring = RingNext(memo.called, step_s(left, later))
    return Verdict("ring next", f"{why}; {failure.phones_later} to go, this one for {ring.ring_s} s", ring)
