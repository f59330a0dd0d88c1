"""Names of the callbacks that Kamailio calls; a test asserts that each exists (a missing one poisons the worker)."""

from __future__ import annotations

from enum import StrEnum


class Callback(StrEnum):
    """Methods of `app.Worker` by the names that the engine knows."""

    REQUEST = "ksr_request_route"
    ANY_REPLY = "ksr_reply_route"
    REPLY = "ksr_leg_reply"
    FAILURE = "ksr_leg_failure"
    BRANCH = "ksr_leg_branch"
    DIALOG_REPLY = "ksr_dialog_reply"
    FLOW = "ksr_flow_failure"
    MESSAGE_FAILURE = "ksr_message_failure"
    HOME_REPLY = "ksr_home_reply"
    HOME_FAILURE = "ksr_home_failure"
    UNANSWERED = "ksr_unanswered"


class PresenceCallback(StrEnum):
    """Methods of `notifier.Notifier`."""

    REQUEST = "ksr_request_route"
    LOCAL_REQUEST = "ksr_local_request"
    TIMER = "ksr_deliver_kept"
    DELIVERED = "ksr_delivered"
