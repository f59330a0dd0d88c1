"""Messages that are kept, on several nodes: copies come and go, each is read once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from carillon.messages.keeping import KEPT_S, MOST
from carillon.messages.turns import Turn
from carillon.stores.kept import Kept
from carillon.stores.keptcopies import MOST_ROWS, MOST_WORDS, NOWHERE, KeptCopies, Words

BOB, CAROL, NOW = "102@example.org", "103@example.org", 1_800_000_000.0
EVERYTHING = Turn(own=True, all_but=frozenset())


class Node:
    """What lies at one node."""

    def __init__(self, home: Path, name: str) -> None:
        self.name, self.file = name, home / f"{name}.db"
        self.kept, self.copies = Kept(self.file, name), KeptCopies(self.file)

    def keeps(self, *texts: str, aor: str = BOB, at: float = NOW) -> None:
        for text in texts:
            assert self.kept.keep(aor, "101@example.org", "text/plain", text, at)

    def hears(self, other: Node, now: float = NOW, of: str | None = None) -> int:
        """Catch up with another node; how many answers that took."""
        answers = 0
        while (known := self.copies.heard(other.name)) != other.copies.latest():
            there, told = other.copies.since(known, of)
            wanted, words = self.copies.missing(told), dict[str, Words]()
            for start in range(0, len(wanted), MOST_WORDS):
                words |= other.copies.words(wanted[start : start + MOST_WORDS], of)
            self.copies.take(other.name, there, told, words, now)
            answers += 1
        return answers

    def delivers(self, turn: Turn = EVERYTHING, now: float = NOW, aor: str = BOB) -> list[str]:
        """All that is delivered to Bob here."""
        got = []
        while message := self.kept.next(aor, now, turn):
            got.append(message.body)
            self.kept.forget(message.id)
        return got


@pytest.fixture
def nodes(tmp_path: Path) -> tuple[Node, Node, Node]:
    return Node(tmp_path, "a"), Node(tmp_path, "b"), Node(tmp_path, "c")


Nodes = tuple[Node, Node, Node]


def test_a_copy_is_delivered_in_order_and_only_in_the_turn_of_its_node(nodes: Nodes) -> None:
    a, b, _ = nodes
    a.keeps("one", at=NOW + 60)
    a.keeps("two")  # its clock was set back
    b.hears(a)
    assert b.kept.waiting(NOW) == []
    assert b.delivers(Turn(own=True, all_but=frozenset({"a"}))) == []
    assert b.delivers(Turn(own=True, all_but=frozenset())) == ["one", "two"]


def test_what_was_delivered_elsewhere_is_not_delivered_again(nodes: Nodes) -> None:
    a, b, _ = nodes
    a.keeps("one")
    b.hears(a)
    assert b.delivers() == ["one"]
    a.hears(b)
    assert a.delivers() == []


def test_two_that_have_heard_all_have_nothing_more_to_say(nodes: Nodes) -> None:
    a, b, _ = nodes
    a.keeps("one", "two")
    b.delivers()
    for _ in range(3):
        b.hears(a)
        a.hears(b)
        a.delivers()
    assert (a.hears(b), b.hears(a), a.hears(b)) == (0, 0, 0)


def test_one_that_was_down_hears_it_from_who_was_up(nodes: Nodes) -> None:
    """The node at which it was kept is down by then: what it kept comes by another one; what was read, too."""
    a, b, c = nodes
    a.keeps("read", "unread")
    b.hears(a)
    first = b.kept.next(BOB, NOW, EVERYTHING)
    assert first is not None
    assert b.kept.forget(first.id) == BOB
    c.hears(b)
    assert c.delivers() == ["unread"]
    a.hears(c)
    assert a.delivers() == []


def test_a_node_that_has_lost_its_disk_has_its_messages_again(nodes: Nodes, tmp_path: Path) -> None:
    a, b, _ = nodes
    a.keeps("one")
    b.hears(a)
    for file in tmp_path.glob("a.db*"):
        file.unlink()
    anew = Node(tmp_path, "a")
    anew.keeps("new", at=NOW + 60)
    anew.hears(b)
    b.hears(anew)
    assert sorted(anew.delivers(Turn(own=True))) == ["new", "one"]
    b.hears(anew)
    assert b.delivers() == []


def test_copies_count_for_how_many_a_person_may_have_and_once(nodes: Nodes) -> None:
    a, b, _ = nodes
    a.keeps(*map(str, range(MOST - 1)))
    b.hears(a)
    b.keeps("the last one")
    a.hears(b)
    for node in (a, b):
        assert not node.kept.keep(BOB, "101@example.org", "text/plain", "one too many", NOW)
    b.delivers()
    a.hears(b)
    a.keeps("room again")


def test_a_satellite_hears_of_its_own_messages_only(nodes: Nodes) -> None:
    main, branch, _ = nodes
    main.keeps("for headquarters", aor=CAROL)
    branch.keeps("at the branch")
    main.hears(branch)
    assert main.delivers(Turn(own=False, all_but=frozenset())) == ["at the branch"]
    branch.hears(main, of="b")
    assert branch.delivers() == []
    assert branch.delivers(aor=CAROL) == []
    uids = [one.uid for one in main.copies.since(NOWHERE)[1] if not one.gone]
    assert main.copies.words(uids, "b") == {}, "not even if it asks for them"
    assert main.copies.words(uids) != {}


def test_many_come_a_part_after_the_other(nodes: Nodes) -> None:
    a, b, _ = nodes
    for n in range(MOST_ROWS + 1):
        a.keeps("hello", aor=f"{n}@example.org")
    assert b.hears(a) == 2
    assert len(b.kept.waiting(NOW, EVERYTHING)) == MOST_ROWS + 1


def test_what_has_ended_is_known_for_as_long_as_a_copy_may_live(nodes: Nodes) -> None:
    a, b, _ = nodes
    a.keeps("read")
    b.hears(a)
    a.delivers()
    a.keeps("later", at=NOW + KEPT_S - 1)
    b.hears(a, now=NOW + KEPT_S - 1)
    assert b.delivers(now=NOW + KEPT_S - 1) == ["later"]


def test_what_is_older_than_a_month_is_not_delivered_by_who_was_away_for_longer(nodes: Nodes) -> None:
    a, _, _ = nodes
    a.keeps("old")
    assert a.kept.waiting(NOW + KEPT_S + 1) == []
    assert a.delivers(now=NOW + KEPT_S + 1) == []


def test_nothing_waits_for_a_user_who_was_removed(nodes: Nodes) -> None:
    a, b, _ = nodes
    a.keeps("one", "two")
    b.hears(a)
    assert b.copies.forget_all(BOB) == 2
    a.hears(b)
    assert a.delivers() == []


def test_what_the_version_before_has_kept_comes_first(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as before:
        columns = "aor TEXT NOT NULL, sender TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, at REAL, tried REAL"
        before.execute(f"CREATE TABLE kept (id INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
        for text in ("one", "two"):
            values = (BOB, "101@example.org", "text/plain", text, NOW)
            before.execute("INSERT INTO kept (aor, sender, kind, body, at, tried) VALUES (?, ?, ?, ?, ?, 0)", values)
    before.close()
    node = Node(tmp_path, "a")
    node.keeps("three")
    assert Node(tmp_path, "a").delivers() == ["one", "two", "three"]
