"""Registrations that a clock has ended early, on a node alone, are stored again with what they had left.

Nodes with siblings keep all registrations in mind (`daemon`). Alone nobody looks at them: what Kamailio lets go is kept
beside (`stores.ended`), what it had not written yet is in the journal, and both are read only when a clock was set.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from dataclasses import replace
from typing import Final

from carillon.model.refused import Refused
from carillon.routing.registeredaway import RESTORING
from carillon.siblings.copies import Copies, Registrar
from carillon.siblings.setclock import Registrations, Set
from carillon.stores.ended import ended
from carillon.stores.ports import StoreDown
from carillon.stores.registrationjournal import Binding, newest
from carillon.supervision.rpc import RpcFailed, call

RESTORE_S: Final = 8.0
"""How long is looked for what a clock may have ended: Kamailio looks once a second which have."""

LOOK_S: Final = 0.5

FEW: Final = 200
"""So many are stored before Kamailio is told again that it is to believe who stores them; it does for 10 s."""

BEHIND_S: Final = 5.0
"""Kamailio's file is not further behind than this: before, the journal has nothing new."""


def restore(places: Registrations, clock: Set) -> None:
    """Store them, and say how many."""
    said = f"registrations: the clock was set by {clock.by:+.0f} s"
    try:
        restored = asyncio.run(_until_all_are_there(places, clock))
        print(f"{said}; {restored} stored again", file=sys.stderr, flush=True)
    except OSError:
        pass  # the daemon `siblings` speaks from there, and does the same
    except (StoreDown, RpcFailed) as failed:
        print(f"{said}: {failed}", file=sys.stderr, flush=True)


async def _until_all_are_there(places: Registrations, clock: Set) -> int:
    """How many were stored. Raises OSError, StoreDown and RpcFailed."""
    until = time.monotonic() + RESTORE_S
    transport, registrar = await asyncio.get_running_loop().create_datagram_endpoint(
        Registrar, local_addr=places.speak_from, remote_addr=places.kamailio
    )
    copies, done = Copies(places.rpc, registrar, places.speak_from, ""), set[tuple[str, str]]()
    try:
        while time.monotonic() < until:
            missing = [one for one in lost(places, clock) if (one[0], one[1].contact) not in done]
            for number, (aor, one) in enumerate(missing):
                if number % FEW == 0:
                    call(places.rpc, "htable.sets", RESTORING, RESTORING, "yes")
                with suppress(RpcFailed, Refused):
                    if await copies.restore(aor, (one,)):
                        done.add((aor, one.contact))
            await asyncio.sleep(LOOK_S)
        call(places.rpc, "htable.delete", RESTORING, RESTORING)
    finally:
        transport.close()
    return len(done)


def lost(places: Registrations, clock: Set) -> list[tuple[str, Binding]]:
    """What a clock has ended by being set, with its end by the clock of now. Raises StoreDown and OSError."""
    known = {(aor, one.contact): one for aor, all_ in ended(places.location, clock.before).items() for one in all_}
    for aor, fresh in newest(places.journal, clock.at - BEHIND_S).items():
        known = {key: one for key, one in known.items() if key[0] != aor}
        known |= {(aor, one.contact): one for one in fresh if clock.before < one.expires <= clock.before + clock.by}
    return [(aor, replace(one, expires=one.expires + round(clock.by))) for (aor, _), one in known.items()]
