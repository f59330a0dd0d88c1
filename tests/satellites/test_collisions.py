"""What a satellite kept, and what mains changed meanwhile: each is done once, and the later one wins."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.satellites.conftest import LIEGE, Pair

from carillon.asterisk.changes import CHANGES
from carillon.model.change import Change, Noun, Subject
from carillon.model.refused import Refused
from carillon.provisioning import forwardings, keptchanges, presences, users
from carillon.provisioning.changes import last, listing
from carillon.satellites.collision import Rival, setting_of, touches, winner
from carillon.satellites.settling import Offered, OutOfOrder, Settled, settle

CAROL, DAVE = "201@example.org", "202@example.org"
CAUSES = ("always", "busy", "no-answer")


def offered(change: str, *arguments: Any, at: float | None = None, age_s: float | None = None, id: str = "") -> Offered:
    """As a satellite hands it over."""
    when = age_s, time.time() if at is None else at
    name = id or f"{random.getrandbits(128):032x}"
    return Offered(name, change, f"phone {arguments[0]}", arguments, *when, "0.1.0", True)


def dnd(truth: Engine, extension: str) -> bool:
    """Whether he must not be disturbed."""
    return any(one.dnd for one in presences.said(truth, extension)[1])


def state(truth: Engine, extension: str) -> str:
    """What is said of somebody by hand."""
    rows = presences.said(truth, extension)[1]
    return "dnd" if rows and rows[0].dnd else str(rows[0].state) if rows else ""


def forwarded(truth: Engine, extension: str) -> dict[str, str]:
    """To whom somebody's calls go, by cause."""
    return {row.cause: str(row.targets[0]) for row in forwardings.table(truth, extension).rows}


def last_journalled(truth: Engine) -> Change:
    return listing(truth, 1)[0]


def test_a_kept_change_is_done_with_the_time_when_it_was_made(pair: Pair) -> None:
    change = offered("presence set", CAROL, "dnd", at=(made := time.time()))
    settled = settle(pair.truth, LIEGE, change, "", made + 3600)
    assert settled.handed.outcome == "done"
    assert presences.said(pair.truth, "201")[1][0].since == made
    change, kept = listing(pair.truth, 2)
    assert (change.who, change.subject.noun) == ("phone 201@example.org by liege", Noun.PRESENCE)
    assert (kept.kind, kept.subject) == ("handed over", change.subject)
    assert kept.after is not None
    assert (kept.after["what"], kept.after["outcome"]) == ("presence set dnd", "done")
    assert keptchanges.listing(pair.truth, person="201")[0].made == made


def test_what_is_handed_over_twice_is_done_once(pair: Pair) -> None:
    """Whoever has got no answer asks again, also when somebody has changed the same since."""
    change = offered("forwarding set", CAROL, "always", "202")
    first = settle(pair.truth, LIEGE, change, "").handed
    forwardings.set_plain(pair.truth, "me", "201", "always", "101")
    journal = listing(pair.truth)
    assert settle(pair.truth, LIEGE, change, "").handed == first
    assert listing(pair.truth) == journal
    assert forwarded(pair.truth, "201") == {"always": "101"}


def test_a_change_that_is_later_on_a_main_wins_and_the_loser_is_journalled(pair: Pair) -> None:
    change = offered("presence set", CAROL, "dnd")
    presences.set(pair.truth, "anna", "201", "away")
    handed = settle(pair.truth, LIEGE, change, "").handed
    assert (handed.outcome, state(pair.truth, "201")) == ("lost", "away")
    assert handed.why.startswith("anna changed the same at 20")
    journalled = last_journalled(pair.truth)
    assert journalled.who == "phone 201@example.org by liege"
    assert journalled.after is not None
    assert (journalled.after["outcome"], journalled.after["why"]) == ("lost", handed.why)


def test_a_change_that_is_earlier_on_a_main_loses(pair: Pair) -> None:
    presences.set(pair.truth, "anna", "201", "away")
    assert settle(pair.truth, LIEGE, offered("presence set", CAROL, "dnd"), "").handed.outcome == "done"
    assert dnd(pair.truth, "201")


def test_other_settings_are_not_in_the_way(pair: Pair) -> None:
    """Neither of the same person, nor the same of somebody else, nor what calendars say of him."""
    change = offered("forwarding set", CAROL, "busy", "202")
    forwardings.set_plain(pair.truth, "anna", "201", "always", "101")
    presences.set(pair.truth, "anna", "201", "away")
    forwardings.set_plain(pair.truth, "anna", "202", "busy", "101")
    users.set(pair.truth, "anna", "201", name="Caroline")
    assert settle(pair.truth, LIEGE, change, "").handed.outcome == "done"
    assert forwarded(pair.truth, "201") == {"always": "101", "busy": "202"}


def test_the_clock_of_the_satellite_does_not_matter(pair: Pair) -> None:
    """It says how old a change is, by a clock that nobody sets."""
    presences.set(pair.truth, "anna", "201", "away")
    wrong = offered("presence set", CAROL, "dnd", at=time.time() - 1e8, age_s=0.0)
    assert settle(pair.truth, LIEGE, wrong, "").handed.outcome == "done"
    made = time.time()
    presences.set(pair.truth, "anna", "201", "away")
    ahead = offered("presence set", CAROL, "dnd", at=made + 1e8, age_s=60.0)
    assert settle(pair.truth, LIEGE, ahead, "", made + 60).handed.outcome == "lost"


def test_a_change_of_tomorrow_was_made_now(pair: Pair) -> None:
    handed = settle(pair.truth, LIEGE, offered("presence set", CAROL, "dnd", at=time.time() + 86400), "").handed
    assert handed.made == handed.handed


def test_their_order_is_believed_more_than_their_times(pair: Pair) -> None:
    """A clock that was set back between two changes."""
    on = offered("presence set", CAROL, "dnd")
    off = offered("dnd end", CAROL, at=time.time() - 3600)
    settle(pair.truth, LIEGE, on, "")
    assert settle(pair.truth, LIEGE, off, on.id).handed.outcome == "done"
    assert not dnd(pair.truth, "201")


def test_a_change_before_which_one_is_missing_is_not_done(pair: Pair) -> None:
    with pytest.raises(OutOfOrder):
        settle(pair.truth, LIEGE, offered("presence set", CAROL, "dnd"), "0" * 32)
    assert not dnd(pair.truth, "201")
    assert keptchanges.listing(pair.truth) == []


def removes(pair: Pair) -> None:
    users.remove(pair.truth, "anna", "201")


def moves(pair: Pair) -> None:
    users.set(pair.truth, "anna", "201", site="main")


def hires_another(pair: Pair) -> None:
    removes(pair)
    pair.hires("201", "liege", "Erin")


def closes_the_extension(pair: Pair) -> None:
    users.remove(pair.truth, "anna", "102")


@pytest.mark.parametrize(("meanwhile", "why"), [
    (removes, "there is no user 201@example.org"),
    (moves, "201@example.org is nobody of liege"),
    (hires_another, "201 was removed by anna since"),
    (closes_the_extension, "nobody has 102"),
])  # fmt: skip
def test_what_cannot_be_done_any_more_is_journalled(pair: Pair, meanwhile: Any, why: str) -> None:
    change = offered("forwarding set", CAROL, "always", "102")
    meanwhile(pair)
    handed = settle(pair.truth, LIEGE, change, "").handed
    assert handed.outcome == "refused"
    assert why in handed.why
    journalled = last_journalled(pair.truth)
    assert (journalled.kind, journalled.subject.key) == ("handed over", "201")
    assert journalled.after is not None
    assert why in str(journalled.after["why"])
    assert settle(pair.truth, LIEGE, change, "").handed == handed


@pytest.mark.parametrize("change", [
    offered("user remove", CAROL),
    offered("callback claim", "1"),
    offered("presence set", CAROL, "asleep"),
    offered("presence set", CAROL, 7, {}, [], 1, 2, 3),
    offered("forwarding set", CAROL, "never", "102"),
    offered("forwarding set", CAROL),
    offered("presence set", "101@example.org", "dnd"),
    replace(offered("presence set", CAROL), arguments=()),
    replace(offered("presence future", CAROL), version="9.9"),
])  # fmt: skip
def test_what_is_nobodys_business_or_of_another_version_is_refused_and_journalled(pair: Pair, change: Offered) -> None:
    assert settle(pair.truth, LIEGE, change, "").handed.outcome == "refused"
    assert last_journalled(pair.truth).kind == "handed over"
    assert (dnd(pair.truth, "201"), forwarded(pair.truth, "201"), dnd(pair.truth, "101")) == (False, {}, False)


def test_nothing_of_a_change_stays_whose_note_cannot_be_written(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are one transaction: a main that dies between them has done nothing."""

    def dies(*_: object) -> None:
        raise Refused("disk", "it is full")

    change = offered("presence set", CAROL, "dnd")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("carillon.satellites.settling.remember", dies)
        with pytest.raises(Refused):
            settle(pair.truth, LIEGE, change, "")
    assert not dnd(pair.truth, "201")
    assert settle(pair.truth, LIEGE, change, "").handed.outcome == "done"


@pytest.mark.parametrize(("before", "after", "part", "touched"), [
    ({"rows": "1: always → 103"}, {"rows": "1: always → 104"}, "always", True),
    ({"rows": "1: always → 103"}, {"rows": "1: always → 103; 2: busy → 101"}, "always", False),
    ({"rows": "1: always → 103"}, {"rows": "1: always → 103; 2: busy → 101"}, "busy", True),
    ({"rows": "2: busy → 101 after=20"}, None, "busy", True),
    (None, {"rows": "2: no-answer → 101 after=20"}, "busy", False),
])  # fmt: skip
def test_rows_for_another_cause_are_another_setting(before: Any, after: Any, part: str, touched: bool) -> None:
    setting = setting_of("forwarding set", "example.org", "201", (part, "102"))
    journalled = Change(1, "2026", "anna", Subject(Noun.FORWARDING, "example.org", "201"), before, after)
    assert touches(journalled, setting) is touched


def test_the_latest_of_all_wins() -> None:
    anna, ben = Rival("anna", 10.0), Rival("ben", 20.0)
    assert winner(5.0, (anna, ben)) == ben
    assert winner(15.0, (ben, anna)) == ben
    assert winner(20.0, (anna, ben)) is None


@dataclass
class Office:
    """A satellite that keeps changes, and a link on which answers are lost."""

    name: str
    kept: list[Offered] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)

    def hands_over(self, truth: Engine, chance: random.Random) -> None:
        """As many as the link lets through; from the last answer on, which may be behind what was done."""
        for change in list(self.kept):
            if chance.random() < 0.2:
                return
            previous = self.answered[-1] if self.answered else ""
            settled = self._asks(truth, change, previous)
            assert settled.handed.outcome in ("done", "lost")
            if chance.random() < 0.3:
                return  # the answer is lost
            self.kept.remove(change)
            self.answered.append(change.id)

    def _asks(self, truth: Engine, change: Offered, previous: str) -> Settled:
        return settle(truth, replace(LIEGE, name=self.name), change, previous)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_lost_and_repeated_all_ends_in_what_was_said_last(pair: Pair, seed: int) -> None:
    """Two satellites at one site, and an administrator; each setting is at the end what was last made of it."""
    chance = random.Random(seed)
    offices, meant = [Office("liege"), Office("liege-2")], dict[tuple[str, str], str]()

    def changes(extension: str, kind: str, value: str) -> tuple[str, ...]:
        aor = f"{extension}@example.org"
        if kind == "state":
            return ("presence set", aor, value) if value else ("presence clear", aor)
        return ("forwarding set", aor, kind, value) if value else ("forwarding unset", aor, kind)

    for _ in range(40):
        extension, kind = chance.choice(("201", "202")), chance.choice(("state", *CAUSES))
        values = ("", "dnd", "away") if kind == "state" else ("", "101", "102", "+3225550101")
        value = chance.choice(values)
        made, who = time.time(), chance.choice((*offices, None))
        if who is not None:
            who.kept.append(replace(offered(*changes(extension, kind, value), at=made), id=f"{made:.6f}-{seed:0>10}"))
        else:
            name, *arguments = changes(extension, kind, value)
            before = last(pair.truth)
            CHANGES[name](pair.truth, "anna", *arguments)
            if last(pair.truth) == before:
                continue  # it was so already: she has changed nothing
        meant[extension, kind] = value
        if chance.random() < 0.2:
            chance.choice(offices).hands_over(pair.truth, chance)
    while any(each.kept for each in offices):
        chance.choice(offices).hands_over(pair.truth, chance)
    for (extension, kind), value in meant.items():
        found = state(pair.truth, extension) if kind == "state" else forwarded(pair.truth, extension).get(kind, "")
        assert found == value, (extension, kind)
