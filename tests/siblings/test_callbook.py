"""Who is told of a sibling's calls, and in which order; Kamailio is a socket that answers late."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from carillon.presence.picture import DialogState as Shown
from carillon.presence.picture import Line
from carillon.routing.elsewhere import TABLE, Elsewhere
from carillon.siblings.callbook import CallBook
from carillon.siblings.calls import Person
from carillon.states.news import Ear, News

BOB, FAR = "102@e.test", "node2"
THERE = Person((Line("k3v9ax", Shown.EARLY, False, "101@e.test", call_id="c1"),))
LATE_S = 0.05


class Kamailio:
    """What its table of calls elsewhere holds: each request is done, and answered, a moment after it came.

    `notes` are those of dialogs here. One that `refuses` does nothing, and says so.
    """

    def __init__(self, rpc: Path, late_s: float = LATE_S) -> None:
        self.table: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self.refuses = False
        self._late_s, self._asked = late_s, Counter[str]()
        self._rpc = str(rpc)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._rpc)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def taken(self) -> Counter[str]:
        """How often each thing was asked, since this was asked."""
        asked, self._asked = self._asked, Counter()
        return asked

    def close(self) -> None:
        """Answer nobody any more."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._rpc)
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while True:
            data, who = self._socket.recvfrom(65536)
            if not data:
                return
            time.sleep(self._late_s)
            request = json.loads(data)
            self._asked[request["method"]] += 1
            answer = {"error": {"message": "no"}} if self.refuses else {"result": self._done(request)}
            self._socket.sendto(json.dumps({"id": request["id"], **answer}).encode(), who)

    def _done(self, request: dict[str, Any]) -> dict[str, Any]:
        match request["method"], request["params"]:
            case "htable.sets", [table, aor, note] if table == TABLE:
                self.table[aor] = note
            case "htable.delete", [table, aor] if table == TABLE:
                del self.table[aor]
            case "htable.get", [_, call_id] if call_id in self.notes:
                return {"item": {"value": self.notes[call_id]}}
        return {}


class Office:
    """A book of calls, the Kamailio that it writes to, and what the daemon `states` hears."""

    def __init__(self, place: Path) -> None:
        self.kamailio, self.states = Kamailio(place / "rpc"), Ear(place / "states")
        self.book = CallBook(*(place / "rpc", place / "directory.db", place / "states"), place, lambda aor: None)

    def close(self) -> None:
        """Nobody is there any more."""
        self.book.close()
        self.kamailio.close()
        self.states.close()

    async def hears(self) -> News:
        """The next word to `states` that says anything of Bob."""
        while True:
            await asyncio.sleep(0.001)
            for news in self.states.heard(0):
                if BOB in (news.calls or {}):
                    return news


async def told_of_bob(place: Path) -> list[tuple[bool, bool]]:
    """He is called at a sibling, then no more: each time whether `states` is told of it, and whether workers know."""
    office = Office(place)
    running = asyncio.ensure_future(office.book.run())
    office.book.round(frozenset({FAR}), [])
    found = []
    for person in (THERE, Person()):
        office.book.heard(FAR, BOB, person)
        news = await asyncio.wait_for(office.hears(), 10)
        known = office.kamailio.table.get(BOB)
        found.append((bool((news.calls or {})[BOB]), known is not None and Elsewhere.parse(known).nodes == (FAR,)))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    office.close()
    return found


def test_workers_know_of_a_call_before_a_lamp_shows_it(tmp_path: Path) -> None:
    """Whoever sees it may take it at once."""
    assert asyncio.run(told_of_bob(tmp_path)) == [(True, True), (False, False)]
