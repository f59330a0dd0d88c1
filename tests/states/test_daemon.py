"""The daemon that draws lamps, started anew while calls go on."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

from carillon.model.presence import PresenceState
from carillon.presence.aggregate import Said, Source, merged
from carillon.presence.picture import DialogState, Line, Picture
from carillon.states.daemon import MOST_DRAWN, Daemon
from carillon.states.settings import Settings
from carillon.states.telling import ASK_S, TOLD, Calls
from carillon.stores.pictures import PictureWriter
from carillon.supervision.rpc import RpcFailed

BOB, NOW = "102@example.org", 1_800_000_000.0
AWAY = merged((Said(Source.PHONE, PresenceState.AWAY, NOW),), NOW)
NOTHING = merged((), NOW)
HERE = Line("k", DialogState.CONFIRMED, False, "101@example.org")
THERE = replace(HERE, id="far", node="node2")


def test_it_goes_on_from_what_lamps_show_until_each_node_was_told_of(tmp_path: Path) -> None:
    """What this node says of its calls puts no light out that is a sibling's."""
    PictureWriter(tmp_path / "pictures").write({BOB: Picture(lines=(HERE, THERE))}, [])
    settings = Settings(**{each.name: tmp_path / each.name for each in fields(Settings)})
    daemon = Daemon(settings)
    assert daemon.book.picture(BOB, NOW)[0].lines == (HERE, THERE)
    assert daemon.book.people_in_calls() == {BOB}
    assert daemon.book.calls({BOB: ()}, NOW) == {BOB}
    assert daemon.book.picture(BOB, NOW)[0].lines == (THERE,)


class Kamailio:
    """Its table of what calls must know, and how often it was spoken to."""

    def __init__(self) -> None:
        self.table: dict[str, str] = {}
        self.spoken = 0

    def __call__(self, method: str, table: str, key: str, value: str = "") -> None:
        self.spoken += 1
        match method:
            case "htable.get" if key not in self.table:
                raise RpcFailed("no such key")
            case "htable.sets":
                self.table[key] = value
            case "htable.delete":
                del self.table[key]


def test_calls_know_what_people_are_and_a_kamailio_started_anew_is_told_again() -> None:
    kamailio = Kamailio()
    calls = Calls(kamailio)
    calls.changed(BOB, AWAY)
    calls.changed("103@example.org", AWAY)
    calls.tell(NOW)
    told = dict(kamailio.table)
    assert told.keys() == {TOLD, BOB, "103@example.org"}
    kamailio.table = {}
    calls.tell(NOW + ASK_S)
    assert kamailio.table == told
    calls.changed(BOB, NOTHING)
    calls.tell(NOW + ASK_S)
    assert kamailio.table.keys() == {TOLD, "103@example.org"}


def test_nothing_new_costs_one_question_a_second() -> None:
    kamailio = Kamailio()
    calls = Calls(kamailio)
    calls.changed(BOB, AWAY)
    calls.tell(NOW)
    kamailio.spoken = 0
    for quarter in range(1, 9):
        calls.tell(NOW + quarter / 4)
    assert kamailio.spoken == 2


def test_a_call_does_not_wait_until_very_many_are_drawn(tmp_path: Path) -> None:
    """A hundred thousand phones have just registered, as after a power cut."""
    settings = Settings(**{each.name: tmp_path / each.name for each in fields(Settings)})
    daemon = Daemon(settings)
    daemon._touched = daemon.book.registered(f"{n}@example.org" for n in range(10_000, 20_000))
    daemon._touched_now = daemon.book.calls({BOB: (HERE,)}, NOW)
    daemon._draw_some(NOW)
    assert daemon.known[BOB].lines == (HERE,)
    assert len(daemon.known) == MOST_DRAWN + 1
    rounds = 1
    while daemon.patience_s == 0:
        daemon._draw_some(NOW)
        rounds += 1
    assert rounds == 10_000 / MOST_DRAWN
    assert len(PictureWriter(settings.pictures).all()) == 10_001
