"""A book of our own, fed by the real Asterisk as the calls daemon's is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.lab.sockets import inside
from tests.worlds.building import NODE, Building

from carillon.calls.ami import Door, Manager
from carillon.calls.book import Book
from carillon.calls.events import CallEvent
from carillon.confgen.asterisk.manager import LISTENER_USER, manager_secret
from carillon.provisioning.system import load_node

PATIENCE_S = 20.0


class Listening:
    """What is heard since it began to listen."""

    def __init__(self, manager: Manager) -> None:
        self.book, self.events = Book(), list[CallEvent]()
        self._manager = manager
        self.events += self.book.resync(self._everything())

    @classmethod
    @contextmanager
    def at(cls, building: Building) -> Iterator[Listening]:
        """Listen to a building's Asterisk, in which no earlier test has left a call."""
        building.ends_all_calls()
        node = load_node(building.paths)
        door = Door(node.gateway_address, node.gateway_port, LISTENER_USER, manager_secret(building.paths))
        with inside(building.network.namespace(NODE)):
            session = Manager.at(door, listens=True)
            manager = session.__enter__()
        try:
            yield cls(manager)
        finally:
            session.__exit__(None, None, None)

    def until(self, happened: Callable[[Book], bool], what: str) -> Book:
        """Listen until something is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not happened(self.book):
            assert time.monotonic() < deadline, f"in vain: {what}; {dict(self.book.calls)}"
            for message in self._manager.heard(0.2):
                self.events += self.book.feed(message)
        return self.book

    def is_true(self) -> None:
        """What was heard is what Asterisk says when it is asked for everything."""
        fresh = Book()
        fresh.resync(self._everything())
        self.until(lambda book: dict(book.calls) == dict(fresh.calls), f"as asked: {dict(fresh.calls)}")

    def _everything(self) -> list[dict[str, str]]:
        return self._manager.events("Status", "Status")
