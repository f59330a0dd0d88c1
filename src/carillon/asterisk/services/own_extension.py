"""Which extension is this?"""

from __future__ import annotations

from carillon.asterisk.call import Call


async def run(call: Call) -> None:
    """The extension of the phone that calls."""
    await call.plays("extension")
    await call.says_digits(call.extension)
