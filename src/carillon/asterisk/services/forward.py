"""`*21103` and its like: forward one's own calls, from one's own phone."""

from __future__ import annotations

from carillon.asterisk.call import Call
from carillon.model.forwarding import Cause
from carillon.model.refused import Refused

SOUNDS = {
    Cause.ALWAYS: "call-fwd-unconditional",
    Cause.NO_ANSWER: "call-fwd-no-ans",
    Cause.BUSY: "call-fwd-on-busy",
    Cause.OFFLINE: "call-forwarding",
}


async def run(call: Call) -> None:
    """Set the row of `CAUSE:NUMBER`; the caller hears the cause, that it is on, and the number."""
    cause, _, number = call.argument.partition(":")
    try:
        await call.changes("forwarding set", call.caller, cause, number)
    except Refused as refused:
        await call.refuses(403, "Forbidden", refused.sentence)
        return
    await call.confirms(SOUNDS[Cause(cause)], "activated")
    await call.says_digits(number.lstrip("+"))
