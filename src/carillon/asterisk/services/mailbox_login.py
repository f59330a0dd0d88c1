"""A mailbox from any phone: who knows its number and its PIN gets in."""

from __future__ import annotations

from carillon.asterisk.call import Call
from carillon.asterisk.mailbox import PIN_LENGTH, TRIES, knows_pin, listens, opened

MAILBOX_LENGTH = 15


async def run(call: Call) -> None:
    """Ask for both, some times; a mailbox that there is not sounds like a wrong PIN."""
    for _ in range(TRIES):
        extension = await call.asks("vm-login", MAILBOX_LENGTH)
        pin = await call.asks("vm-password", PIN_LENGTH)
        if extension.isdecimal() and await knows_pin(call, extension, pin):
            await listens(opened(call, extension))
            return
        await call.plays("vm-incorrect-mailbox")
    await call.plays("vm-goodbye")
