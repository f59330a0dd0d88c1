"""`#21` and its like: the calls are one's own again."""

from __future__ import annotations

from carillon.asterisk.call import Call
from carillon.asterisk.services.forward import SOUNDS
from carillon.model.forwarding import Cause
from carillon.model.refused import Refused


async def run(call: Call) -> None:
    """Remove what a code set for the cause `argument`; where an administrator's row still forwards, a tone says so."""
    cause = Cause(call.argument)
    try:
        stays = await call.changes("forwarding unset", call.caller, cause)
    except Refused as refused:
        await call.refuses(403, "Forbidden", refused.sentence)
        return
    await call.confirms(SOUNDS[cause], "de-activated")
    if stays:
        await call.denies()
