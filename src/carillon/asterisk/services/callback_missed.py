"""Who waits did not answer his call-back."""

from __future__ import annotations

from carillon.asterisk.call import Call


async def run(call: Call) -> None:
    """Count it where his phones rang in vain, or refused; he is called again, but not for ever."""
    rang = await call.variable("RINGTIME") != ""
    await call.changes("callback missed", int(call.argument), rang)
