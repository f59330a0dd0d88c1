"""`*26` and `#26`: not to be disturbed, and to be disturbed again."""

from __future__ import annotations

from carillon.asterisk.call import Call
from carillon.model.presence import DND
from carillon.model.refused import Refused


async def run(call: Call) -> None:
    """Say so in the name of who calls; `argument` is on or off. What else was said by hand stays when it ends."""
    on = call.argument == "on"
    try:
        await (call.changes("presence set", call.caller, DND) if on else call.changes("dnd end", call.caller))
    except Refused as refused:
        await call.refuses(403, "Forbidden", refused.sentence)
        return
    await call.confirms("do-not-disturb", "activated" if on else "de-activated")
