"""Names of the callbacks that Kamailio calls; a test asserts that each exists (a missing one poisons the worker)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Callback(StrEnum):
    """Methods of `app.Worker` by the names that the engine knows."""

    REQUEST = "ksr_request_route"
    KNOWN_REQUEST = "ksr_known_request"
    ROW = "ksr_row"
    ANY_REPLY = "ksr_reply_route"
    LATE_RING = "ksr_late_ring"
    REPLY = "ksr_leg_reply"
    FAILURE = "ksr_leg_failure"
    BRANCH = "ksr_leg_branch"
    DIALOG_REPLY = "ksr_dialog_reply"
    FLOW = "ksr_flow_failure"
    MESSAGE_FAILURE = "ksr_message_failure"
    HOME_REPLY = "ksr_home_reply"
    HOME_FAILURE = "ksr_home_failure"
    UNANSWERED = "ksr_unanswered"


REPLY_ROUTES: Final = (Callback.REPLY, Callback.DIALOG_REPLY, Callback.HOME_REPLY)
FAILURE_ROUTES: Final = (*(Callback.FAILURE, Callback.MESSAGE_FAILURE, Callback.HOME_FAILURE, Callback.UNANSWERED),)
BRANCH_ROUTES: Final = (Callback.BRANCH,)
BRANCH_FAILURE_ROUTES: Final = (Callback.FLOW,)
"""Those that the engine is told to call, and that have a route each in kamailio.cfg."""

CHALLENGES: Final = "challenges"
"""The table of how strangers are asked who they are, see route STRANGER of kamailio.cfg."""
PART: Final = "~"
"""Between the parts of what a route of kamailio.cfg is told by the rules."""
LINE: Final = "\n"
"""Between the fields of a row of the trace that a route writes."""

CHECKS: Final = 1 | 4 | 32 | 64 | 128 | 256 | 512 | 1024
"""What is checked of a message: version, required headers, CSeq's method and value, Content-Length, Expires,
Proxy-Require, and the URIs."""

CHECKED_URIS: Final = 2 | 4 | 8
"""From, To and Contact."""


class PresenceCallback(StrEnum):
    """Methods of `notifier.Notifier`."""

    REQUEST = "ksr_request_route"
    LOCAL_REQUEST = "ksr_local_request"
    TIMER = "ksr_deliver_kept"
    DELIVERED = "ksr_delivered"
