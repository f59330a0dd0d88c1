"""The caller's own mailbox, from his own phone."""

from __future__ import annotations

from carillon.asterisk.call import Call
from carillon.asterisk.mailbox import PIN_LENGTH, TRIES, knows_pin, listens, opened


async def run(call: Call) -> None:
    """Open the mailbox `argument`; with its PIN, if its owner wants that."""
    mailbox = opened(call, call.argument)
    if mailbox.settings.ask_pin:
        for _ in range(TRIES):
            if await knows_pin(call, mailbox.extension, await call.asks("vm-password", PIN_LENGTH)):
                break
            await call.plays("vm-incorrect")
        else:
            await call.plays("vm-goodbye")
            return
    await listens(mailbox)
