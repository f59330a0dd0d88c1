"""Ring groups: all members at once, or in turn; then where the group's calls go on."""

from __future__ import annotations

from carillon.asterisk.call import Call
from carillon.asterisk.dial import together
from carillon.asterisk.targets import goes_on
from carillon.routing.groups import ended, rounds
from carillon.sip.private import PrivateHeader


async def run(call: Call) -> None:
    """Ring the group `argument`."""
    group = call.directory.groups().get((call.domain, call.argument))
    if group is None:
        await call.refuses(404, "Not Found", f"There is no group {call.argument}")
        return
    await call.sets(f"_{PrivateHeader.GROUP.name}", group.name)
    await call.sets(f"_{PrivateHeader.NO_FORWARD.name}", "yes")
    codes: list[int] = []
    rang = False
    for members in rounds(group):
        failed = await together(call, [f"{member}@{call.domain}" for member in members], group.ring_s)
        codes += failed.codes
        rang = rang or failed.rang
    if group.then:
        await goes_on(call, group.then)
    else:
        await call.refuses(*ended(group.name, codes, rang=rang))
