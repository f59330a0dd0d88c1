"""`*37`: be called back once when whoever was busy is free."""

from __future__ import annotations

from carillon.asterisk.call import Call
from carillon.model.refused import Refused


async def run(call: Call) -> None:
    """Let the caller wait for the number `argument`; a tone says that he does."""
    try:
        await call.changes("callback add", call.caller, call.argument)
    except Refused as refused:
        await call.refuses(403, "Forbidden", refused.sentence)
        return
    await call.confirms()
