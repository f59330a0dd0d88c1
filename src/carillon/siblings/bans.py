"""Bans that are in force at one node are in force at all: those imposed here are told, those of siblings written."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from carillon.kamailio.bans import ACCOUNTS, BANS, GUESSED, WRONG
from carillon.routing.bans import BanKind
from carillon.supervision.rpc import NotThere, RpcFailed, call

LIFTED: Final = "lifted"
"""In the place of a kind: the ban was taken back."""

Row = list[str | int]


def read(told: str) -> tuple[str, str, int]:
    """Kind, what is banned, and for how many seconds, as a worker or a command says it; raises ValueError."""
    kind, seconds, key = told.split(" ")
    if kind != LIFTED:
        BanKind(kind)
    ip_address(key.partition("/")[0])
    return kind, key, int(seconds)


class BanBook:
    """Bans that this node has imposed, until when (monotonic); `tell` has the siblings hear of one."""

    def __init__(self, rpc: Path, trusted: tuple[str, ...], tell: Callable[[Row], None]) -> None:
        self._rpc, self._tell = rpc, tell
        self._trusted = tuple(map(ip_network, trusted))
        self._own: dict[str, tuple[str, float]] = {}

    def here(self, told: str) -> None:
        """A worker has imposed a ban, or a command has taken one back; nonsense is left out."""
        try:
            kind, key, seconds = read(told)
        except ValueError:
            return
        self._own.pop(key, None)
        if kind != LIFTED:
            self._own[key] = kind, time.monotonic() + seconds
        self._tell([kind, key, seconds])

    def rows(self) -> list[Row]:
        """All that this node has imposed, and that has not ended."""
        now = time.monotonic()
        self._own = {key: (kind, until) for key, (kind, until) in self._own.items() if until > now + 1}
        return [[kind, key, int(until - now)] for key, (kind, until) in self._own.items()]

    async def write_own(self) -> None:
        """Kamailio was started anew, and knows nothing of them."""
        for row in self.rows():
            await self._write(row)

    async def heard(self, row: Row) -> None:
        """What a sibling says; raises ValueError on nonsense."""
        kind, key, seconds = read(f"{row[0]} {row[2]} {row[1]}")
        if kind == LIFTED:
            self._own.pop(key, None)
        await self._write([kind, key, seconds])

    async def _write(self, row: Row) -> None:
        kind, key, seconds = str(row[0]), str(row[1]), int(row[2])
        address = key.partition("/")[0]
        if any(ip_address(address) in network for network in self._trusted):
            return
        try:
            if kind == LIFTED:
                await asyncio.to_thread(self._forget, key)
            else:
                await asyncio.to_thread(self._impose, kind, key, address, seconds)
        except RpcFailed as failed:
            print(f"siblings: ban of {key}: {failed}", file=sys.stderr, flush=True)

    def _impose(self, kind: str, key: str, address: str, seconds: int) -> None:
        until = int(time.time()) + seconds
        if kind == BanKind.ACCOUNT and not self._is_banned(address):
            call(self._rpc, "htable.setxs", BANS, address, f"{BanKind.ACCOUNTS} {until}", seconds)
        call(self._rpc, "htable.setxs", BANS, key, f"{kind} {until}", seconds)

    def _is_banned(self, address: str) -> bool:
        try:
            told = call(self._rpc, "htable.get", BANS, address)["item"]["value"]
        except RpcFailed:
            return False
        return str(told).startswith(f"{BanKind.ADDRESS} ")

    def _forget(self, key: str) -> None:
        for table in (BANS, WRONG, GUESSED, ACCOUNTS):
            with suppress(NotThere):
                call(self._rpc, "htable.delete", table, key)
