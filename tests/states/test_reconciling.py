"""Lamps that were wrong are found and counted; where nothing is wrong, nobody is asked and nobody is told."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from carillon.presence.picture import DialogState, Line, Picture
from carillon.routing.dialogs import LiveDialog
from carillon.states.naming import Naming
from carillon.states.news import Ear, Mouth, News, all_calls_again, calls_told, understood
from carillon.states.reconciling import FORGET_S, Reconciler, Siblings, calls_shown
from carillon.states.telling import LATELY_S, LOOK_S, Watchers
from carillon.states.watched import Audience
from carillon.stores import repairs
from carillon.supervision.probes.daemons import repair_words

BOB, CAROL = "102@example.org", "103@example.org"
RINGS = Line("k", DialogState.EARLY, False, "101@example.org", call_id="c")
UP = replace(RINGS, state=DialogState.CONFIRMED)
NOW = 1_800_000_000.0


def again(**calls: tuple[Line, ...]) -> News:
    """What is told of all over again; nobody else has a call."""
    of = {f"1{name[1:]}@example.org": lines for name, lines in calls.items()}
    return News(calls=of, nobody_else=("", ""), again=True)


def test_a_call_that_nobody_told_of_and_one_that_ended_unheard_are_wrong() -> None:
    found = Reconciler({})
    assert found.wrong(again(_02=(UP,))) == {BOB}
    assert found.wrong(again(_02=(UP,))) == frozenset()
    assert found.wrong(again(_03=(UP,))) == {BOB, CAROL}
    assert found.wrong(again()) == {CAROL}


def test_news_of_what_happens_repairs_nothing() -> None:
    found = Reconciler({})
    assert found.wrong(News(calls={BOB: (RINGS,)})) == frozenset()
    assert found.wrong(News(calls={BOB: (UP,)})) == frozenset()
    assert found.wrong(again(_02=(UP,))) == frozenset()
    assert found.wrong(News(calls={BOB: ()})) == frozenset()
    assert found.wrong(again()) == frozenset()


def test_what_a_daemon_before_showed_is_held_against_the_truth() -> None:
    tagged = replace(UP, other_name="Alice", local_tag="a", remote_tag="b")
    assert Reconciler({BOB: Picture(lines=(tagged,))}).wrong(again(_02=(UP,))) == frozenset()
    assert Reconciler({BOB: Picture(lines=(tagged,))}).wrong(again()) == {BOB}


def at_node2(**calls: tuple[Line, ...]) -> News:
    """The same of a sibling."""
    return replace(again(**calls), node="node2")


def test_a_siblings_calls_are_no_ghosts_of_this_node() -> None:
    found = Reconciler({})
    assert found.wrong(at_node2(_02=(UP,))) == {BOB}
    assert found.wrong(again()) == frozenset()
    assert found.wrong(again(_02=(RINGS,))) == {BOB}
    assert found.wrong(at_node2(_02=(UP,))) == frozenset()
    assert found.wrong(at_node2()) == {BOB}
    assert found.wrong(again(_02=(RINGS,))) == frozenset()


def test_pictures_say_at_which_node_a_call_is() -> None:
    away = replace(UP, id="far", node="node2")
    pictures = {BOB: Picture.parse(Picture(lines=(RINGS, away)).to_text())}
    assert calls_shown(pictures) == {"": {BOB: (RINGS,)}, "node2": {BOB: (away,)}}
    found = Reconciler(pictures)
    assert found.wrong(again(_02=(RINGS,))) == frozenset()
    assert found.wrong(at_node2(_02=(away,))) == frozenset()


def test_a_sibling_that_fell_silent_repairs_nothing() -> None:
    """The daemon that hears siblings says so; that is news, not a lamp that was wrong."""
    found = Reconciler({})
    found.wrong(News(calls={BOB: (UP,)}, node="node2"))
    assert found.wrong(News(calls={BOB: ()}, node="node2")) == frozenset()
    assert found.wrong(at_node2()) == frozenset()


def test_of_whom_nobody_tells_any_more_nothing_is_shown() -> None:
    """A sibling that was removed, or is gone as well as the daemon that heard it."""
    siblings = Siblings({BOB: Picture(lines=(UP, replace(UP, node="node2")))}, NOW)
    told = [News(published=BOB), again(), replace(at_node2(), node="node3")]
    assert siblings.unknown(told, NOW + FORGET_S) == []
    (gone,) = siblings.unknown(told, NOW + FORGET_S + 1)
    assert gone == News(calls={}, nobody_else=("", ""), node="node2")
    assert siblings.unknown(told, NOW + FORGET_S + 2) == []


def test_everything_is_told_in_datagrams_that_fit() -> None:
    calls = {f"{extension}@example.org": (replace(UP, node="node2"),) for extension in range(1000, 1250)}
    told = [understood(each) for each in all_calls_again(calls, node="node2")]
    assert [len(each.calls or {}) for each in told if each] == [100, 100, 50]
    assert {each.node for each in told if each} == {"node2"}
    assert {aor: lines for each in told if each for aor, lines in (each.calls or {}).items()} == calls


def test_ten_thousand_people_in_calls_are_told_of_and_whoever_has_none_is_found_out(tmp_path: Path) -> None:
    """Whatever is told fits through the socket, and of each datagram alone something can be believed."""
    calls = {f"{extension}@example.org": (UP,) for extension in range(10_000, 20_000)}
    ghosts = {"0@example.org", "10099x@example.org", "15000x@example.org", "z@example.org"}
    datagrams = list(all_calls_again(calls))
    assert max(map(len, datagrams)) < 1 << 16
    told, mouth = list[News](), Mouth(tmp_path / "ear")
    with closing(Ear(tmp_path / "ear")) as ear:
        for each in datagrams:
            assert mouth.tells([each])
            told += ear.heard(0)
    assert {aor for each in told for aor in each.ended([*calls, *ghosts])} == ghosts
    assert sum(len(each.ended(ghosts)) for each in told) == len(ghosts), "each is told of once"


def test_who_hears_nothing_is_not_waited_for_and_keeps_no_other_from_hearing(tmp_path: Path) -> None:
    """A daemon that is gone, and one that hangs with all that its socket holds."""
    gone, hung, heard = (tmp_path / name for name in ("gone", "hung", "heard"))
    mouth, many = Mouth(gone, hung, heard), 50
    with closing(Ear(hung)) as hangs, closing(Ear(heard)) as hears:
        for _ in range(many):
            assert not mouth.tells([calls_told({BOB: (UP,)})])
            assert [each.calls for each in hears.heard(0)] == [{BOB: (UP,)}]
        assert 0 < len(list(hangs.heard(0))) < many
        with closing(Ear(gone)):
            assert mouth.tells([calls_told({})])


def test_the_news_is_the_same_on_the_other_side() -> None:
    told = calls_told({BOB: (RINGS,)}, again=True, nobody_else=("", CAROL))
    assert understood(told) == News(calls={BOB: (RINGS,)}, nobody_else=("", CAROL), again=True)
    assert understood(calls_told({BOB: ()})) == News(calls={BOB: ()})
    told = calls_told({BOB: (RINGS,)}, node="node2")
    assert understood(told) == News(calls={BOB: (replace(RINGS, node="node2"),)}, node="node2")


def test_a_pass_in_which_nothing_is_wrong_reads_nothing() -> None:
    """One look for each new call, none for calls that are told again: the budget of a pass."""
    reads: list[str] = []

    def notes(call_ids: Sequence[str]) -> dict[str, LiveDialog]:
        reads.extend(call_ids)
        return {call_id: LiveDialog(call_id, BOB, "ours", phone_tags=("theirs",)) for call_id in call_ids}

    naming = Naming(notes, lambda _: "Alice")
    first = naming.all_completed({BOB: (RINGS,)})
    assert (first[BOB][0].local_tag, reads) == ("theirs", ["c"])
    for _ in range(5):
        assert naming.all_completed({BOB: (RINGS,)}) == first
    assert reads == ["c"]
    naming.all_completed({BOB: (UP,)})
    assert reads == ["c", "c"]


def test_a_dialog_whose_tags_are_missing_is_asked_for_until_they_are_there() -> None:
    notes = [{}, {"c": LiveDialog("c", BOB, "ours", phone_tags=("theirs",))}]
    naming = Naming(lambda _: notes.pop(0), lambda _: "")
    assert naming.all_completed({BOB: (RINGS,)})[BOB][0].local_tag == ""
    assert naming.all_completed({BOB: (RINGS,)})[BOB][0].local_tag == "theirs"


class Server:
    """A presence server on paper: what it was asked for, and since when it runs."""

    def __init__(self) -> None:
        self.up_since, self.asked = "today", list[tuple[object, ...]]()

    def __call__(self, method: str, *parameters: object) -> object:
        self.asked.append((method, *parameters))
        return {"up_since": self.up_since}

    def told(self) -> list[tuple[object, ...]]:
        """Whom it was to tell since the last look."""
        found, self.asked = [each[1:3] for each in self.asked if each[0] == "presence.refreshWatchers"], []
        return found


def test_a_presence_server_that_died_is_told_again_what_may_not_have_left() -> None:
    server, watched = Server(), {(BOB, "presence"), (BOB, "dialog")}
    watchers = Watchers(server, Audience(lambda now: watched))
    watchers.changed(BOB, Picture(), Picture(lines=(UP,)))
    watchers.tell(NOW)
    assert server.told() == [(f"sip:{BOB}", "presence"), (f"sip:{BOB}", "dialog")]
    watchers.tell(NOW + LOOK_S)
    assert server.told() == []
    server.up_since = "a moment ago"
    watchers.tell(NOW + 2 * LOOK_S)
    assert server.told() == [(f"sip:{BOB}", "presence"), (f"sip:{BOB}", "dialog")]
    server.up_since = "again"
    watchers.tell(NOW + 3 * LOOK_S + LATELY_S)
    assert server.told() == []


def test_one_question_in_five_seconds_while_nothing_happens() -> None:
    server = Server()
    watchers = Watchers(server, Audience(lambda now: frozenset()))
    for quarter in range(40):
        watchers.tell(NOW + quarter / 4)
    assert len(server.asked) == 10 / LOOK_S


def test_what_was_put_right_is_told_for_a_day(tmp_path: Path) -> None:
    file = tmp_path / "repairs.json"
    assert repair_words(file, NOW) == ""
    repairs.add(file, 0, NOW)
    assert not file.exists()
    repairs.add(file, 1, NOW)
    assert repair_words(file, NOW) == "1 lamp was wrong and put right, last at 2027-01-15T08:00:00+00:00"
    repairs.add(file, 2, NOW)
    assert repairs.read(file) == repairs.Repairs(3, NOW)
    assert repair_words(file, NOW + 86401) == ""
