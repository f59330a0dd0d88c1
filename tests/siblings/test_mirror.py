"""Nodes that copy from each other, without a network: what people did on one is so on all."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from carillon.siblings import asking
from carillon.siblings.asked import answered
from carillon.siblings.asking import Failed, Silent, Unkept
from carillon.siblings.mirror.agreed import Agreed
from carillon.siblings.mirror.answers import SOUND_OF, Answers
from carillon.siblings.mirror.inventory import Inventory
from carillon.siblings.mirror.leaving import drop_others
from carillon.siblings.mirror.pulling import Pulling, Underway
from carillon.siblings.settings import Branch, Peer, Settings
from carillon.stores import gone
from carillon.stores.mailboxes import Mail, Mailboxes, MailState, Message
from carillon.stores.prompts import Prompts

DOMAIN = "e.test"
LIEGE = Branch(DOMAIN, "liege")
NO_MAIL = Mail()


class Office:
    """One node: what lies there, and what it does when it hears of others. Bob (102) works at headquarters."""

    def __init__(self, root: Path, name: str, branch: Branch | None = None) -> None:
        self.name, self.branch, self.up, self.sent = name, branch, True, 0
        self.mailboxes, self.prompts = Mailboxes(root / name / "voicemail"), Prompts(root / name / "prompts")
        for place in (self.mailboxes.root, self.prompts.root):
            place.mkdir(parents=True)
        self.inventory = Inventory(self.mailboxes.root, self.prompts.root, name)
        self.directory = root / "directory.db"
        self.answers, self.pullings = Answers(self.inventory, self.directory), dict[str, Pulling]()

    @property
    def peer(self) -> Peer:
        return Peer(self.name, ("127.0.0.1",), 5067, "", self.branch)

    def knows(self, *others: Office) -> None:
        told: Any = SimpleNamespace(nodes=Path(), listen=("127.0.0.1", 1), directory=self.directory, branch=self.branch)
        underway = Underway()
        self.agreed = Agreed(self.mailboxes.root, [one.name for one in others])
        self.pullings = {
            one.name: Pulling(cast(Settings, told), one.peer, self.inventory, underway, self.agreed)
            for one in others
            if not (self.branch and one.branch)
        }

    def left(self, caller: str = "101", to: str = "102", mail: Mail = NO_MAIL) -> Message:
        draft = self.mailboxes.begin(DOMAIN, to, caller, "")
        self.mailboxes.draft_sound(draft).write_bytes(os.urandom(40_000))
        made = self.mailboxes.deliver(draft, mail, 1.0)
        assert made
        return made

    def has(self, to: str = "102") -> list[tuple[str, bool]]:
        return [(one.id, one.heard) for one in self.mailboxes.messages(DOMAIN, to)]

    def greets(self, words: bytes) -> None:
        fresh = self.mailboxes.root / "fresh"
        fresh.write_bytes(words)
        self.mailboxes.keep_greeting(DOMAIN, "102", "busy", fresh)

    @property
    def greeting(self) -> bytes | None:
        place = self.mailboxes.greeting(DOMAIN, "102", "busy")
        return place.read_bytes() if place.exists() else None


@pytest.fixture
def offices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Office]:
    """Two mains and a satellite at Liège, where 201 works."""
    with closing(sqlite3.connect(tmp_path / "directory.db")) as directory:
        directory.execute("CREATE TABLE party (domain, extension, site)")
        people = [("102", "main"), ("201", "liege")]
        directory.executemany(
            "INSERT INTO party VALUES (?, ?, ?)", [(DOMAIN, one, json.dumps([site, ""])) for one, site in people]
        )
        directory.commit()
    made = {name: Office(tmp_path, name, LIEGE if name == "liege" else None) for name in ("one", "two", "liege")}
    for office in made.values():
        office.knows(*(one for one in made.values() if one is not office))
    joined(made, monkeypatch)
    return made


def joined(offices: dict[str, Office], monkeypatch: pytest.MonkeyPatch) -> None:
    """They reach each other, by what `Office.answers` says to whom."""
    who = {"name": ""}

    def asked(nodes: Path, sibling: Peer, *question: str, source: str = "") -> Any:
        there = reached(sibling)
        answer = json.loads(json.dumps(there.answers.answered(offices[who["name"]].peer, list(question))))
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer["told"]

    def fetched(nodes: Path, sibling: Peer, part: Path, *question: str, source: str, accepts: Any) -> Any:
        there = reached(sibling)
        answer, file = there.answers.sound(offices[who["name"]].peer, list(question))
        if file is None:
            raise Failed(answer["failed"])
        with file:
            sound = file.read(breaks["after"])
        accepts(answer["told"])
        with part.open("ab") as to:
            to.write(sound)
        there.sent += len(sound)
        if len(sound) < answer["told"]:
            raise Silent("it broke off")
        return answer

    def reached(sibling: Peer) -> Office:
        if not offices[sibling.name].up:
            raise Silent("no answer in time")
        return offices[sibling.name]

    breaks = {"after": -1}
    for office in offices.values():
        office.who, office.breaks = who, breaks  # type: ignore[attr-defined]
    monkeypatch.setattr(asking, "ask_one", asked)
    monkeypatch.setattr(asking, "fetch_more", fetched)


def copies(offices: dict[str, Office], rounds: int = 3) -> None:
    """All that are up hear of each other, until nothing is news."""
    for _ in range(rounds):
        for office in offices.values():
            office.inventory.look()
        for office in (one for one in offices.values() if one.up):
            office.who["name"] = office.name  # type: ignore[attr-defined]
            for name, pulling in office.pullings.items():
                if offices[name].up:
                    pulls(pulling)


def pulls(pulling: Pulling) -> None:
    """What is told is done, and sounds are fetched, each tried once."""
    pulling.hear()
    for _ in range(len(pulling.wanted)):
        pulling.fetch()


def test_a_message_is_on_all_mains_and_is_heard_and_removed_on_all(offices: dict[str, Office]) -> None:
    one, two = offices["one"], offices["two"]
    left = one.left()
    copies(offices)
    (copy,) = two.mailboxes.messages(DOMAIN, "102")
    assert copy == replace(left, node="one")
    assert two.mailboxes.sound(copy).read_bytes() == one.mailboxes.sound(left).read_bytes()
    two.mailboxes.change(copy, heard=True)
    copies(offices)
    assert one.has() == two.has() == [(left.id, True)]
    two.mailboxes.remove(copy)
    copies(offices)
    assert one.has() == two.has() == []


def test_only_the_node_where_a_message_was_left_mails_it_and_tells_of_it(offices: dict[str, Office]) -> None:
    one, two = offices["one"], offices["two"]
    left = one.left(mail=Mail(MailState.WAITING, "bob@e.test"))
    copies(offices)
    (copy,) = two.mailboxes.messages(DOMAIN, "102")
    assert copy.mail == NO_MAIL
    one.mailboxes.change(left, mail=replace(left.mail, state=MailState.SENT))
    copies(offices)
    assert one.mailboxes.messages(DOMAIN, "102")[0].mail.state is MailState.SENT
    listed = [
        answered(cast(Settings, SimpleNamespace(voicemail=each.mailboxes.root)), ["messages", "", ""])["told"]
        for each in (one, two)
    ]
    assert [[row["id"] for row in rows] for rows in listed] == [[left.id], []]
    assert "node" not in listed[0][0]


def test_what_was_removed_while_a_node_was_away_does_not_come_back(offices: dict[str, Office]) -> None:
    one, two = offices["one"], offices["two"]
    one.left(), two.left()
    copies(offices)
    two.up = False
    one.mailboxes.remove(one.mailboxes.messages(DOMAIN, "102")[0])
    two.mailboxes.remove(two.mailboxes.messages(DOMAIN, "102")[1])
    copies(offices)
    two.up = True
    one.knows(two, offices["liege"])  # as after a restart: it remembers nothing but what is on its disk
    copies(offices)
    assert one.has() == two.has() == []


def restarts(offices: dict[str, Office]) -> None:
    """The daemons are new: they remember nothing but what is on disk, and compare all."""
    for office in offices.values():
        office.knows(*(one for one in offices.values() if one is not office))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let so many days go by."""
    clock = {"ahead": 0}
    now = time.time_ns

    def goes_by(days: int) -> None:
        clock["ahead"] += days * 86400 * 10**9

    monkeypatch.setattr(time, "time_ns", lambda: now() + clock["ahead"])
    return goes_by


def forget_what_is_old(office: Office) -> None:
    """As once an hour."""
    office.inventory._prune_at = 0.0
    office.inventory.prune(office.agreed.until())


def test_who_comes_back_after_a_year_brings_nothing_back_and_what_was_left_there_meanwhile(
    offices: dict[str, Office], later: Callable[[int], None]
) -> None:
    one, two = offices["one"], offices["two"]
    both = one.left(), one.left()
    copies(offices)
    later(1)
    restarts(offices)
    copies(offices)
    two.up = False
    one.mailboxes.remove(both[0])
    two.mailboxes.remove(replace(both[1], node="one"))
    alone = two.left()
    for _ in range(12):
        later(31)
        restarts(offices)
        copies(offices)
        forget_what_is_old(one), forget_what_is_old(two)
    two.up = True
    restarts(offices)
    copies(offices)
    assert one.has() == two.has() == [(alone.id, False)]


def test_what_was_removed_is_forgotten_once_all_have_heard_of_it(
    offices: dict[str, Office], later: Callable[[int], None]
) -> None:
    one, two = offices["one"], offices["two"]
    left = one.left()
    copies(offices)
    one.mailboxes.remove(left)
    two.up = False
    later(31)
    restarts(offices)
    copies(offices)
    forget_what_is_old(one)
    assert left.id in gone.read(one.mailboxes.root / DOMAIN / "102")
    two.up = True
    for _ in range(2):  # what was removed in this hour may not have been heard of
        later(1)
        restarts(offices)
        copies(offices)
    forget_what_is_old(one)
    assert gone.read(one.mailboxes.root / DOMAIN / "102") == {}


def test_a_node_that_is_none_of_the_system_any_more_keeps_nobody_waiting(
    offices: dict[str, Office], later: Callable[[int], None]
) -> None:
    one = offices["one"]
    left = one.left()
    copies(offices)
    del offices["two"]
    one.mailboxes.remove(left)
    for _ in range(2):
        later(31)
        restarts(offices)
        copies(offices)
    forget_what_is_old(one)
    assert gone.read(one.mailboxes.root / DOMAIN / "102") == {}


def test_the_greeting_spoken_last_is_played_on_all(offices: dict[str, Office]) -> None:
    one, two = offices["one"], offices["two"]
    one.greets(b"first")
    copies(offices)
    two.greets(b"second")
    copies(offices)
    assert one.greeting == two.greeting == b"second"
    one.up = False
    two.mailboxes.remove_greeting(DOMAIN, "102", "busy")
    one.up = True
    copies(offices)
    assert one.greeting is two.greeting is None
    one.greets(b"third")
    copies(offices)
    assert two.greeting == b"third"


def test_a_greeting_spoken_where_the_clock_is_slow_is_later_than_what_was_known_there(
    offices: dict[str, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = offices["one"], offices["two"]
    one.greets(b"first")
    copies(offices)
    with monkeypatch.context() as slow:
        slow.setattr(time, "time_ns", lambda: 10**9)
        two.greets(b"second")
    copies(offices)
    assert one.greeting == b"second"


def test_the_sound_of_an_announcement_that_was_set_while_a_node_was_down(offices: dict[str, Office]) -> None:
    one, two, liege = offices.values()
    one.prompts.keep(DOMAIN, "closed", b"old")
    copies(offices)
    two.up = False
    one.prompts.keep(DOMAIN, "closed", b"new")
    two.up = True
    copies(offices)
    assert [each.prompts.place(DOMAIN, "closed").read_bytes() for each in (one, two, liege)] == [b"new"] * 3
    two.prompts.remove(DOMAIN, "closed")
    copies(offices)
    assert not any(each.prompts.place(DOMAIN, "closed").exists() for each in (one, two, liege))


def test_a_satellite_has_what_is_of_its_site_and_gives_what_was_left_there(offices: dict[str, Office]) -> None:
    one, liege = offices["one"], offices["liege"]
    for_bob, for_carol, at_liege = one.left(), one.left(to="201"), liege.left()
    one.greets(b"Bob")
    copies(offices)
    assert [id for id, _ in one.has()] == [for_bob.id, at_liege.id]
    assert liege.has() == [(at_liege.id, False)]
    assert liege.has("201") == [(for_carol.id, False)]
    assert liege.greeting is None
    asked = [SOUND_OF, f"voicemail/{DOMAIN}/102", for_bob.id, "0", "0"]
    assert "none of liege" in one.answers.sound(liege.peer, asked)[0]["failed"]
    one.mailboxes.remove(replace(at_liege, node="liege"))
    copies(offices)
    assert liege.has() == []


def test_a_satellite_removes_nothing_of_other_sites(offices: dict[str, Office]) -> None:
    one, liege = offices["one"], offices["liege"]
    left = one.left()
    copies(offices)
    liege.mailboxes.let_go(DOMAIN, "102", {left.id: gone.Gone(time.time_ns())})
    liege.mailboxes.forget(DOMAIN, "102")
    copies(offices)
    assert one.has() == [(left.id, False)]


def test_who_moves_to_another_site_has_no_copies_left_at_the_branch(offices: dict[str, Office]) -> None:
    one, liege = offices["one"], offices["liege"]
    one.left(to="201")
    own = liege.left(to="201")
    copies(offices)
    assert len(liege.has("201")) == 2
    with closing(sqlite3.connect(liege.directory)) as directory:
        directory.execute("UPDATE party SET site = ? WHERE extension = '201'", (json.dumps(["main", ""]),))
        directory.commit()
    drop_others(liege.inventory, liege.directory, LIEGE)
    assert liege.has("201") == [(own.id, False)]
    copies(offices)
    assert len(one.has("201")) == 2


def test_a_sound_that_breaks_off_goes_on_from_there(offices: dict[str, Office]) -> None:
    one, two = offices["one"], offices["two"]
    left = one.left()
    one.inventory.look()
    one.breaks["after"], one.who["name"] = 30_000, "two"  # type: ignore[attr-defined]
    with pytest.raises(Silent, match="broke off"):
        pulls(two.pullings["one"])
    assert two.has() == []
    pulls(two.pullings["one"])
    assert one.sent == one.mailboxes.sound(left).stat().st_size
    assert two.mailboxes.sound(left).read_bytes() == one.mailboxes.sound(left).read_bytes()


def test_a_full_disk_takes_no_copies_and_nothing_is_lost(
    offices: dict[str, Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = offices["one"], offices["two"]
    left = one.left()
    one.inventory.look()
    one.who["name"] = "two"  # type: ignore[attr-defined]
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=50_000_000))
        with pytest.raises(Unkept, match="less than 100 MB free"):
            pulls(two.pullings["one"])
    assert (one.has(), two.has()) == ([(left.id, False)], [])
    copies(offices)
    assert two.has() == [(left.id, False)]


def test_a_removal_needs_no_room(offices: dict[str, Office], monkeypatch: pytest.MonkeyPatch) -> None:
    one = offices["one"]
    left, writes = one.left(), iter([OSError(28, "No space left on device")])
    write = gone.write

    def full(path: Path, text: str) -> None:
        for error in writes:
            raise error
        write(path, text)

    monkeypatch.setattr(gone, "write", full)
    one.mailboxes.remove(left)
    assert one.has() == []
    assert left.id in gone.read(one.mailboxes.root / DOMAIN / "102")


def test_a_message_whose_sound_is_lost_keeps_nobody_else_waiting(offices: dict[str, Office]) -> None:
    one, two = offices["one"], offices["two"]
    broken, whole = one.left(), one.left()
    one.mailboxes.sound(broken).unlink()
    copies(offices)
    assert two.has() == [(whole.id, False)]


def test_a_removal_that_died_in_the_midst_is_finished(offices: dict[str, Office]) -> None:
    one = offices["one"]
    left = one.left()
    gone.add(one.mailboxes.root / DOMAIN / "102", {left.id: gone.Gone(time.time_ns())})
    one.inventory.look()
    assert one.has() == []


def test_many_mailboxes_are_compared_by_digests(offices: dict[str, Office]) -> None:
    one, two = offices["one"], offices["two"]
    for extension in range(300, 360):
        one.left(to=str(extension))
    copies(offices)
    assert all(len(two.has(str(extension))) == 1 for extension in range(300, 360))
    one.who["name"] = "two"  # type: ignore[attr-defined]
    answer = one.answers.answered(two.peer, ["mirror changed", "", "0"])["told"]
    assert all(len(row) == 2 for row in answer["places"])


def test_a_branch_is_not_told_of_what_is_none_of_its_business(offices: dict[str, Office]) -> None:
    one, two, liege = offices.values()
    one.left()
    one.inventory.look()
    assert one.answers.concerns(two.peer, [f"voicemail/{DOMAIN}/102"])
    assert not one.answers.concerns(liege.peer, [f"voicemail/{DOMAIN}/102"])
    one.left(to="201")
    one.inventory.look()
    assert one.answers.concerns(liege.peer, [f"voicemail/{DOMAIN}/102", f"voicemail/{DOMAIN}/201"])
