"""Echo test: who calls hears himself, and so that sound goes both ways."""

from __future__ import annotations

from carillon.asterisk.call import Call


async def run(call: Call) -> None:
    """A beep, then everything comes back until he hangs up or dials `#`."""
    await call.plays("beep")
    await call.runs("Echo")
