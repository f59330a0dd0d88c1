"""What a node reads of its presence server's subscriptions reaches the other node, which has phones subscribe anew."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.siblings.test_told import BOB

from carillon.presence import featurekeys
from carillon.routing.watched import parameter
from carillon.siblings.copies import Registrar
from carillon.siblings.settings import Branch, Peer, Settings
from carillon.siblings.subscriptions import Queue, SubscriptionBook
from carillon.stores.heldsubscriptions import HeldSubscriptions, Key

AOR = "102@e.test"
COLUMNS = (
    *("callid", "to_tag", "from_tag", "to_user", "to_domain", "from_user", "from_domain", "contact", "event"),
    *("event_id", "local_cseq", "expires", "record_route"),
)
INSERT = f"INSERT INTO active_watchers VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608


class Presence:
    """The presence server's file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(sqlite3.connect(path)) as store, store:
            store.execute("PRAGMA journal_mode=WAL")
            store.execute(f"CREATE TABLE active_watchers ({', '.join(COLUMNS)})")

    def begins(self, call_id: str, event: str = "dialog", event_id: str | None = None, lasts_s: int = 600) -> None:
        route = f"<sip:10.77.0.1;lr{parameter('101@e.test', '102')}>"
        own = (call_id, "ours", "theirs", "101", "e.test", "77", "e.test", BOB.contact, event, event_id)
        until = int(time.time()) + lasts_s
        self._does(INSERT, *own, 7, until, route)

    def ends(self, call_id: str) -> None:
        self._does("DELETE FROM active_watchers WHERE callid = ?", call_id)

    def _does(self, words: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path)) as store, store:
            store.execute(words, values)


class Phones:
    """What is sent to phones, in place of Kamailio."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def asks(self, message: str, branch: str) -> int:
        self.sent.append(message)
        return 200


class Node:
    """A node's book, and the other node that it tells."""

    def __init__(self, name: str, other: str, place: Path, branch: Branch | None = None) -> None:
        place.mkdir()
        self.presence, self.phones = Presence(place / "presence.db"), Phones()
        peer = Peer(other, ("10.77.0.2",), 5067, "sip:10.77.0.2:5069")
        own: Mapping[str, Any] = {
            "node": name,
            "listen": ("10.77.0.1", 5067),
            "speak_from": ("127.0.0.1", 5067),
            "kamailio": ("127.0.0.1", 5060),
            "subscriptions": self.presence.path,
            "peers": (peer,),
            "branch": branch,
        }
        settings = cast(Settings, SimpleNamespace(**own))
        self.queue = Queue.between(settings, peer)
        self.book = SubscriptionBook(settings, cast(Registrar, self.phones), self.queue.changed)

    def round(self, *up: str, phones: tuple[Any, ...] = (), moving: bool = False) -> None:
        self.book._look_at = 0.0
        asyncio.run(self._round(up, {AOR: phones}, moving=moving))

    async def _round(self, up: tuple[str, ...], phones: Mapping[str, tuple[Any, ...]], *, moving: bool) -> None:
        await self.book.round(up, phones, serving=True, moving=moving)
        await asyncio.sleep(0)  # what is sent is sent beside it

    def tells(self, other: Node, name: str = "two") -> None:
        while turn := self.queue.turn(self.book.own):
            for told in turn:
                other.book.heard(name, told)


@pytest.fixture
def nodes(tmp_path: Path) -> tuple[Node, Node]:
    """The node of the phones' lamps, named `two`, and another one."""
    return Node("two", "one", tmp_path / "two"), Node("one", "two", tmp_path / "one")


def calls(node: Node) -> list[str]:
    """The Call-IDs of the NOTIFYs that it has sent."""
    return [line.partition(": ")[2] for sent in node.phones.sent for line in sent.split("\r\n") if "Call-ID" in line]


def test_a_subscription_is_read_as_its_phone_knows_it(tmp_path: Path) -> None:
    """Whose it is says the route, as From may be any number of the person; keys of phones have another name there."""
    presence = Presence(tmp_path / "presence.db")
    held = HeldSubscriptions(presence.path)
    presence.begins("c1", featurekeys.CARRIED)
    presence.begins("c2", "dialog", "5")
    presence.begins("c3", lasts_s=-1)
    found = held.changed(time.time())
    assert found is not None
    assert {key: one.event for key, one in found.items()} == {
        ("c1", "ours"): featurekeys.EVENT,
        ("c2", "ours"): "dialog;id=5",
    }
    assert {(one.aor, one.watcher, one.watched) for one in found.values()} == {(AOR, "77@e.test", "101@e.test")}
    assert held.changed(time.time()) is None
    presence.ends("c1")
    assert held.changed(time.time()) is not None


def test_phones_of_a_node_that_is_gone_are_told(nodes: tuple[Node, Node]) -> None:
    two, one = nodes
    two.queue.all(two.book.own)
    two.presence.begins("c1")
    two.presence.begins("c2")
    two.round("one")
    two.tells(one)
    two.presence.ends("c1")
    two.round("one")
    two.tells(one)
    comes = replace(BOB, modified=int(time.time()))
    one.round("two", phones=(comes,))
    assert calls(one) == []
    one.round(phones=(comes,))
    one.round(phones=(comes,))
    assert calls(one) == ["c2"]


def test_a_node_that_connects_anew_says_all_and_the_rest_is_forgotten(nodes: tuple[Node, Node]) -> None:
    two, one = nodes
    two.presence.begins("c1")
    two.round("one")
    two.tells(one)
    assert one.book.count("two") == 1
    two.presence.ends("c1")
    two.presence.begins("c2")
    two.round("one")
    two.queue.all(two.book.own)
    two.tells(one)
    assert one.book.count("two") == 1
    one.round(phones=(replace(BOB, modified=int(time.time())),))
    assert calls(one) == ["c2"]


def test_phones_of_a_drained_node_are_told(nodes: tuple[Node, Node]) -> None:
    two, one = nodes
    two.presence.begins("c1")
    two.round("one", moving=True)
    two.tells(one)
    one.round("two", phones=(BOB,))
    assert calls(one) == ["c1"]


def test_a_main_tells_a_satellite_nothing_and_a_satellite_a_main(tmp_path: Path) -> None:
    branch = Branch("e.test", "ghent")
    satellite, main = Node("ghent", "one", tmp_path / "ghent", branch), Node("one", "ghent", tmp_path / "one")
    peer = Peer("ghent", ("10.77.0.2",), 5067, "sip:10.77.0.2:5069", branch)
    to_satellite = Queue.between(cast(Settings, SimpleNamespace(branch=None)), peer)
    key: Key = ("c1", "ours")
    to_satellite.changed(key)
    assert to_satellite.turn(main.book.own) == []
    satellite.presence.begins("c1")
    satellite.round("one")
    satellite.tells(main, "ghent")
    assert main.book.count("ghent") == 1
