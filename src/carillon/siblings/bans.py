"""Bans that are in force at one node are in force at all; so is taking one back, whenever a node hears of it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from carillon.kamailio.bans import ACCOUNTS, BANS, GUESSED, WRONG
from carillon.routing.bans import SETTINGS, BanKind
from carillon.supervision.rpc import NotThere, RpcFailed, call

LIFTED: Final = "lifted"
"""In the place of a kind: the ban was taken back."""
REMEMBERED_S: Final = max(SETTINGS.account_ban_s, SETTINGS.address_ban_s)
"""So long one that was taken back is told: a sibling that did not hear of it may still impose it."""

Row = list[str | int | float]


@dataclass(slots=True)
class Known:
    """A ban, or that it was taken back (`kind`), since when and until when (monotonic).

    `is_own`: this node tells it. `is_due`: its Kamailio does not know it yet.
    """

    kind: str
    since: float
    until: float
    is_own: bool
    is_due: bool


def read(told: str) -> tuple[str, str, int]:
    """Kind, what is banned, and for how many seconds, as a worker or a command says it; raises ValueError."""
    kind, seconds, key = told.split(" ")
    if kind != LIFTED:
        BanKind(kind)
    ip_address(key.partition("/")[0])
    return kind, key, int(seconds)


class BanBook:
    """What is known of each address and account, by whom it was said last; `tell` has the siblings hear of one."""

    def __init__(self, rpc: Path, trusted: tuple[str, ...], tell: Callable[[Row], None]) -> None:
        self._rpc, self._tell = rpc, tell
        self._trusted = tuple(map(ip_network, trusted))
        self._known: dict[str, Known] = {}

    def here(self, told: str) -> None:
        """A worker has imposed a ban, or a command has taken one back; nonsense is left out."""
        try:
            kind, key, seconds = read(told)
        except ValueError:
            return
        now = time.monotonic()
        lasts_s = REMEMBERED_S if kind == LIFTED else seconds
        self._known[key] = known = Known(kind, now, now + lasts_s, is_own=True, is_due=False)
        self._tell(_row(key, known))

    def rows(self) -> list[Row]:
        """All that was said at this node, and that has not ended."""
        self._forget_ended()
        return [_row(key, known) for key, known in self._known.items() if known.is_own]

    async def heard(self, row: Row) -> None:
        """What a sibling says; what was said later elsewhere stands. Raises ValueError on nonsense."""
        kind, key, seconds = read(f"{row[0]} {row[2]} {row[1]}")
        now = time.monotonic()
        since = now - (float(row[3]) if len(row) > 3 else 0.0)  # an older version says no age
        lasts_s = max(seconds, REMEMBERED_S) if kind == LIFTED else seconds
        before = self._known.get(key)
        if self._is_trusted(key) or (before and before.until > now and before.since > since):
            return
        self._known[key] = Known(kind, since, now + lasts_s, is_own=False, is_due=True)
        await self._write(key)

    def write_anew(self) -> None:
        """Kamailio was started anew, and knows nothing of them."""
        for known in self._known.values():
            known.is_due = known.kind != LIFTED

    async def round(self) -> None:
        """What Kamailio has not taken so far, it is told again."""
        self._forget_ended()
        for key in [key for key, known in self._known.items() if known.is_due]:
            await self._write(key)

    def _forget_ended(self) -> None:
        now = time.monotonic()
        self._known = {key: known for key, known in self._known.items() if known.until > now + 1}

    def _is_trusted(self, key: str) -> bool:
        return any(ip_address(key.partition("/")[0]) in network for network in self._trusted)

    async def _write(self, key: str) -> None:
        known = self._known[key]
        try:
            if known.kind == LIFTED:
                await asyncio.to_thread(self._lift, key)
            else:
                await asyncio.to_thread(self._impose, key, known)
        except RpcFailed as failed:
            print(f"siblings: ban of {key}: {failed}; tried again", file=sys.stderr, flush=True)
        else:
            known.is_due = False

    def _impose(self, key: str, known: Known) -> None:
        left_s, address = int(known.until - time.monotonic()), key.partition("/")[0]
        if left_s <= 0:
            return
        until = int(time.time()) + left_s
        if known.kind == BanKind.ACCOUNT and not self._is_banned(address):
            call(self._rpc, "htable.setxs", BANS, address, f"{BanKind.ACCOUNTS} {until}", left_s)
        call(self._rpc, "htable.setxs", BANS, key, f"{known.kind} {until}", left_s)

    def _is_banned(self, address: str) -> bool:
        try:
            told = call(self._rpc, "htable.get", BANS, address)["item"]["value"]
        except NotThere:
            return False
        return str(told).startswith(f"{BanKind.ADDRESS} ")

    def _lift(self, key: str) -> None:
        for table in (BANS, WRONG, GUESSED, ACCOUNTS):
            with suppress(NotThere):
                call(self._rpc, "htable.delete", table, key)


def _row(key: str, known: Known) -> Row:
    """How it is told: kind, what, for how many seconds more, how many seconds ago it was said."""
    now = time.monotonic()
    return [known.kind, key, int(known.until - now), round(now - known.since, 2)]
