"""Who waits has answered his call-back: now the other one is called, as by himself."""

from __future__ import annotations

from carillon.asterisk.agi.session import HungUp
from carillon.asterisk.call import Call
from carillon.asterisk.dial import alone

BUSY = (486, 600)


async def run(call: Call) -> None:
    """From now on he is not called back any more, but when the other one is busy again."""
    told = await call.changes("callback taken", int(call.argument))
    if told is None:
        return
    called = f"{told['target']}@{told['domain']}"
    await call.makes(f"{told['extension']}@{told['domain']}", told["name"], called)
    try:
        await alone(call, called)
        code = int(await call.variable("CODE") or 0)
    except HungUp:
        return
    if code in BUSY:
        await call.changes("callback again", told)
    await call.denies()
