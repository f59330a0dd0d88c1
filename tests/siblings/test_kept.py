"""Messages that are kept, between the daemons of nodes: who asks whom, and when a node begins to deliver."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from carillon.messages.turns import NOBODY, Turn
from carillon.siblings import kept, keptasked
from carillon.siblings.asking import Silent
from carillon.siblings.kept import KeptBook
from carillon.siblings.settings import Peer, Settings
from carillon.stores import keptturn
from carillon.stores.kept import Kept
from carillon.stores.keptcopies import KeptCopies
from carillon.stores.keptturn import KeptTurn

BOB, NOW = "102@example.org", time.time()
EVERYTHING = Turn(own=True, all_but=frozenset())


class Node:
    """A daemon's book, its disk, and what it last said whose messages are delivered."""

    def __init__(self, home: Path, name: str, others: str, mains: str) -> None:
        self.name, self.file = name, home / f"{name}.db"
        peers = tuple(Peer(other, (f"10.0.0.{ord(other)}",), 5067, "") for other in others)
        told = {"node": name, "peers": peers, "messages": self.file, "turn": home / f"{name}.json"}
        more = {"mains": tuple(mains), "nodes": home, "listen": ("10.0.0.1", 5067)}
        self.told = list[str]()
        settings = cast(Settings, SimpleNamespace(**told, **more))
        self.book = KeptBook(settings, lambda: self.told.append("more"))
        self.kept, self.turn = Kept(self.file, name), KeptTurn(home / f"{name}.json")

    def keeps(self, text: str) -> None:
        assert self.kept.keep(BOB, "101@example.org", "text/plain", text, NOW)

    def has(self) -> bool:
        return BOB in self.kept.waiting(NOW, EVERYTHING)


class Office:
    """Nodes by name, and the network between their daemons, which counts the questions."""

    def __init__(self, home: Path, mains: str, satellites: str = "") -> None:
        names = mains + satellites
        self.nodes = {name: Node(home, name, names.replace(name, ""), mains) for name in names}
        self.questions = list[tuple[str, str]]()
        self.cut = set[str]()

    def asked(self, _: Path, sibling: Any, *question: str, source: str) -> Any:
        """One asks another."""
        if sibling.name in self.cut:
            raise Silent("no answer in time")
        self.questions.append((sibling.name, question[0]))
        answer = asyncio.run(self.nodes[sibling.name].book.answered(self.asker, question))
        if "failed" in answer:
            raise Silent(answer["failed"])
        return answer["told"]

    asker = "b"

    def speak(self) -> None:
        """Each says to each how far its messages go."""
        for one in self.nodes.values():
            for other in self.nodes.values():
                if one is not other and one.name not in self.cut:
                    told = one.book.told(other.name)
                    other.book.heard(one.name, None if told is None else list(told))


@contextmanager
def lives(office: Office, name: str) -> Iterator[Callable[[Callable[[], bool]], None]]:
    """Run the book of one node, which asks the others; gives what waits until something is so."""
    office.asker = name
    loop = asyncio.new_event_loop()

    async def until(is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():
                office.speak()
                await asyncio.sleep(0.01)

    for one in office.nodes.values():
        store = KeptCopies(one.file)
        one.book._latest, one.book._latest_of = store.latest(), store.latest_of(["x"])
    running = loop.create_task(office.nodes[name].book.run())
    try:
        yield lambda is_so: loop.run_until_complete(until(is_so))
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(running)
        loop.close()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    office = Office(tmp_path, "ab", "x")
    monkeypatch.setattr(keptasked, "ask_one", office.asked)
    monkeypatch.setattr(kept, "AGAIN_S", 0.02)
    return office


def test_a_copy_comes_when_a_sibling_says_that_it_keeps_more(office: Office) -> None:
    a, b = office.nodes["a"], office.nodes["b"]
    a.keeps("hello")
    with lives(office, "b") as until:
        until(b.has)
    assert ("a", "kept words") in office.questions


def test_who_does_not_answer_is_asked_again(office: Office) -> None:
    a, b = office.nodes["a"], office.nodes["b"]
    a.keeps("hello")
    with lives(office, "b") as until:
        office.speak()
        office.cut = {"a"}
        until(lambda: "no answer" in b.book._there["a"].problem)
        office.cut = set()
        until(b.has)


def test_a_satellite_is_not_told_of_messages_at_headquarters(office: Office) -> None:
    a, x = office.nodes["a"], office.nodes["x"]
    a.keeps("hello")
    assert a.book.told("x") is None
    with lives(office, "x") as until:
        until(lambda: x.book._there["a"].is_heard)
        assert a.book.told("x") == (KeptCopies(a.file).latest()[0], 0), "as if there were nothing"
    assert not x.has()


def rounds(node: Node, monkeypatch: pytest.MonkeyPatch, *seconds: float, **up: bool | None) -> Turn:
    """What it delivers when so many seconds have gone by, and that is how siblings are."""
    now = time.monotonic()
    for second in seconds:
        monkeypatch.setattr(kept.time, "monotonic", lambda at=now + second: at)
        node.book.round(up, serving=True)
    turn = node.turn.now()
    monkeypatch.undo()
    return turn


def test_a_node_that_has_just_begun_waits_for_those_that_are_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = office.nodes["a"], office.nodes["b"]
    assert rounds(b, monkeypatch, 0, 3, a=None, x=False) == NOBODY
    b.book.heard("a", ("file", 7))
    assert rounds(b, monkeypatch, 4, 7, a=True, x=False) == NOBODY, "it has not heard what a knows"
    b.book._there["a"].is_heard = True
    assert rounds(b, monkeypatch, 8, a=True, x=False) == Turn(own=True)
    assert rounds(b, monkeypatch, 9, a=False, x=False) == Turn(own=True, all_but=frozenset())
    assert a.name < b.name


def test_one_of_an_older_version_is_not_waited_for(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    b = office.nodes["b"]
    b.book.heard("a", None)
    assert rounds(b, monkeypatch, 0, 3, a=True, x=False) == Turn(own=True, all_but=frozenset({"a"}))


def test_one_that_can_not_be_asked_keeps_nothing_waiting_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    b = office.nodes["b"]
    b.book.heard("a", ("file", 7))
    assert rounds(b, monkeypatch, 0, 9, a=True, x=False) == NOBODY
    assert rounds(b, monkeypatch, 11, a=True, x=False) == Turn(own=True)


def test_nonsense_is_refused(office: Office) -> None:
    a = office.nodes["a"]
    assert "failed" in asyncio.run(a.book.answered("b", ["kept since"]))
    assert "failed" in asyncio.run(a.book.answered("b", ["kept since", "file", "many"]))
    assert keptturn.FRESH_S < kept.PATIENCE_S
