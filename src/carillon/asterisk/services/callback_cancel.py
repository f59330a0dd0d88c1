"""`*38`: be called back no more."""

from __future__ import annotations

from carillon.asterisk.call import Call
from carillon.model.refused import Refused


async def run(call: Call) -> None:
    """Let the caller wait no more for the number `argument`, or for anybody; another tone when he did not wait."""
    try:
        gone = await call.changes("callback cancel", call.caller, call.argument)
    except Refused as refused:
        await call.refuses(404, "Not Found", refused.sentence)
        return
    await (call.confirms() if gone else call.denies())
