"""The calls of this node, wherever they are: in its Asterisk, or in Kamailio on a satellite that has none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from carillon.calls import listing, spirals, survivors
from carillon.calls.ami import Door, Manager, NoAnswer
from carillon.calls.listing import LiveCall
from carillon.supervision.rpc import RpcFailed


class Calls(Protocol):
    """What has the calls. Both verbs raise NoAnswer."""

    def live_calls(self) -> list[LiveCall]:
        """Every call, oldest first."""

    def hang_up(self, name: str) -> LiveCall | None:
        """End the call of this short id or Call-ID; which one that was, None when there is none."""


@dataclass(frozen=True, slots=True)
class AtAsterisk:
    """By its manager interface."""

    manager: Manager

    def live_calls(self) -> list[LiveCall]:
        """As in `Calls`."""
        return listing.live_calls(self.manager)

    def hang_up(self, name: str) -> LiveCall | None:
        """As in `Calls`."""
        return listing.hang_up(self.manager, name)


@dataclass(frozen=True, slots=True)
class AtKamailio:
    """By its RPC socket."""

    rpc: Path

    def live_calls(self) -> list[LiveCall]:
        """As in `Calls`."""
        try:
            found = [*survivors.read(self.rpc, time.time()), *spirals.spirals(self.rpc)]
            return [one.call for one in sorted(found, key=lambda one: one.began)]
        except RpcFailed as failed:
            raise NoAnswer(str(failed)) from failed

    def hang_up(self, name: str) -> LiveCall | None:
        """As in `Calls`."""
        if any(one.call.answers_to(name) for one in survivors.read(self.rpc, time.time())):
            raise NoAnswer(f"the call {name} is older than this Kamailio, so its phones alone can end it")
        try:
            return spirals.hang_up(self.rpc, name)
        except RpcFailed as failed:
            raise NoAnswer(str(failed)) from failed


@contextmanager
def calls_here(door: Door | None, rpc: Path) -> Iterator[Calls]:
    """The calls of a node whose Asterisk has this `door`, None for none. Raises NoAnswer."""
    if door is None:
        yield AtKamailio(rpc)
        return
    with Manager.at(door) as manager:
        yield AtAsterisk(manager)
