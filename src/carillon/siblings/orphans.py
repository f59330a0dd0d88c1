"""Copies of phones whose home has left the system: nobody would take them away, and calls would be sent there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from carillon.stores.registrationjournal import Binding
from carillon.supervision.rpc import NotThere, RpcFailed, call

Orphan = tuple[str, str]
"""An address of record, and a contact of it."""


def orphans(kept: Mapping[str, Iterable[Binding]], homes: Collection[str], socket: str) -> tuple[Orphan, ...]:
    """Contacts that are reached by `socket`, as only copies are, through none of the URIs `homes`."""
    return tuple(
        (aor, one.contact)
        for aor, contacts in kept.items()
        for one in contacts
        if one.socket == socket and one.received not in homes
    )


async def forget(rpc: Path, found: Collection[Orphan]) -> None:
    """Have Kamailio know them no more; what it doesn't do now is found again."""
    for aor, contact in found:
        print(f"siblings: {contact} of {aor} is forgotten: its node has left the system", file=sys.stderr, flush=True)
        with suppress(NotThere, RpcFailed):
            await asyncio.to_thread(call, rpc, "ul.rm_contact", "location", aor, contact)
