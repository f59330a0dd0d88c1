"""The failure route of SUBSCRIBE, PUBLISH and kept MESSAGEs: what a phone hears while the presence server is silent.

Reads nothing.
"""

from __future__ import annotations

from typing import Final

from carillon.routing.decision import Decision, Pass, Reply
from carillon.routing.failures import RETRY_AFTER_S

SILENCE_S: Final = 4.0
"""So long it may think about the refresh of a subscription."""

WATCHER_SILENCE_S: Final = 32.0
"""So long a watcher may be away before his subscription ends: Timer F of RFC 3261 §17.1.2.2."""


def decide(*, timed_out: bool) -> Decision:
    """503 with Retry-After for silence; what the server did say goes back.

    A 408 would end the subscription that a phone refreshes (RFC 3261 §12.2.1.2), and its lamp would go out.
    Whoever wrote a message is told that it was not taken.
    """
    if not timed_out:
        return Decision(Pass())
    return Decision(Reply(503, "Service Unavailable", (("Retry-After", str(RETRY_AFTER_S)),)))
