"""Speaking clock."""

from __future__ import annotations

import time

from carillon.asterisk.call import Call
from carillon.provisioning.timezones import country_timezone

TIMES = 2


async def run(call: Call) -> None:
    """The time on the wall in the country `argument`, where the caller works; twice."""
    for _ in range(TIMES):
        await call.plays("at-tone-time-exactly")
        await call.says_time(time.time(), country_timezone(call.argument))
        await call.plays("beep")
