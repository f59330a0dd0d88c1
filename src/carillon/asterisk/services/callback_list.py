"""`*39`: for whom one waits."""

from __future__ import annotations

from carillon.asterisk.call import Call


async def run(call: Call) -> None:
    """The extensions, in the order of asking; a tone for nobody."""
    targets = await call.changes("callback waits for", call.caller)
    for target in targets:
        await call.plays("extension")
        await call.says_digits(target)
    if not targets:
        await call.denies()
