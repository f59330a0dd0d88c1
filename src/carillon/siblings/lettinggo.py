"""A drained node closes connections of phones on TCP and TLS that connect anew by themselves (ADR 49)."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from carillon.siblings.copies import Place, Registrar, request
from carillon.sip.private import LET_GO
from carillon.stores.registrationjournal import Binding
from carillon.supervision.bound import connections
from carillon.supervision.rpc import RpcFailed

SOON_S: Final = 60
"""A phone whose registration ends so soon comes by itself: a drained node grants no more."""

A_ROUND: Final = 20
"""So many a second: the other node is to take them all."""

Phones = Mapping[str, tuple[Binding, ...]]


def may_go(phones: Phones, talking: Collection[str], now: int) -> Iterator[tuple[str, str]]:
    """Address of record and contact of those that are let go now. Pure.

    A phone that has registered a flow (RFC 5626) connects anew when that has failed; another one might not notice.
    Nobody who talks loses the way of his call.
    """
    for aor, bindings in phones.items():
        if aor in talking:
            continue
        for one in bindings:
            if one.reg_id and one.socket.startswith(("tcp:", "tls:")) and one.expires > now + SOON_S and not one.path:
                yield aor, one.contact


class LettingGo:
    """Has Kamailio, which answers at `rpc`, close such connections while this node's phones are to go elsewhere."""

    def __init__(self, rpc: Path, registrar: Registrar, own: Place, talking: Callable[[], Collection[str]]) -> None:
        self._rpc, self._registrar, self._own, self._talking = rpc, registrar, own, talking

    async def round(self, phones: Phones) -> None:
        """A second has gone by while phones are to go elsewhere: some more may go."""
        with suppress(RpcFailed):
            for aor, contact in [*may_go(phones, self._talking(), int(time.time()))][:A_ROUND]:
                await self._let_go(aor, contact)

    async def _let_go(self, aor: str, contact: str) -> None:
        connection = (await asyncio.to_thread(connections, self._rpc, aor)).get(contact)
        if connection is not None:
            branch = secrets.token_hex(8)
            await self._registrar.asks(_request(connection, self._own, branch), branch)


def _request(connection: int, own: Place, branch: str) -> str:
    return request(
        "OPTIONS sip:connections",
        *(own, branch),
        f"From: <sip:siblings@localhost>;tag={branch}",
        "To: <sip:siblings@localhost>",
        f"Call-ID: {branch}",
        "CSeq: 1 OPTIONS",
        f"{LET_GO}: {connection}",
    )
