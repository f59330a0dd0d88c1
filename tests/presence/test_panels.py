"""What a watcher of a panel is told: a list and a document for each one on it, valid by the schema of RFC 4662."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.presence.related import Related
from tests.schemas.valid import faults

from carillon.model.panel import MOST_MEMBERS
from carillon.presence import panel, rlmi
from carillon.presence.panel import Member, Notice, Told
from carillon.presence.picture import UNKNOWN_PERSON, DialogState, Line, Picture, Rule

HOME = "example.org"
DESK = f"desk@{HOME}"
RINGING = Line("x", DialogState.EARLY, calling=False, other=f"104@{HOME}", call_id="c", local_tag="l", remote_tag="r")
BOB = Picture(lines=(RINGING,), registered=True)
ALICE_BOB_CAROL = (Member("101", "Alice"), Member("102", "Bob"), Member("103", "Carol"))


def told(
    members: tuple[Member, ...] = ALICE_BOB_CAROL,
    changed: set[str] | None = None,
    event: str = "dialog",
    pictures: dict[str, Picture] | None = None,
    watcher: str = "109",
) -> Told:
    """What a watcher of the desk is told; Bob's phone rings unless somebody else is pictured."""
    known = {f"102@{HOME}": BOB} if pictures is None else pictures
    notice = Notice(DESK, event, watcher, 7, "b0undary", changed)
    return panel.write(notice, members, lambda aor: known.get(aor, UNKNOWN_PERSON))


def read(of: Told) -> Related:
    """The same as a phone reads it, all parts valid."""
    found = Related.read(of.kind, of.body)
    assert [faults(each) for each in found.all] == [[]] * len(found.all)
    return found


def test_at_first_a_watcher_is_told_of_everybody_in_the_order_of_the_keys() -> None:
    found = read(told())
    assert found.is_full
    assert found.people == [f"sip:{each}@{HOME}" for each in ("101", "102", "103")]
    assert found.names == ["Alice", "Bob", "Carol"]
    assert found.kinds == {"application/dialog-info+xml"}
    assert found.version == 5, "0 in the first NOTIFY, whose CSeq is 2"
    bob = found.documents[f"sip:102@{HOME}"]
    assert 'call-id="c" local-tag="l" remote-tag="r"' in bob
    assert "<dialog " not in found.documents[f"sip:101@{HOME}"]


def test_of_a_change_he_is_told_that_and_no_more() -> None:
    found = read(told(changed={"102"}))
    assert not found.is_full
    assert found.people == [f"sip:102@{HOME}"]
    assert "early" in found.documents[f"sip:102@{HOME}"]


def test_who_has_left_the_panel_is_not_told_of() -> None:
    assert read(told(changed={"109"})).people == []
    assert read(told(members=())).people == []


def test_presence_is_told_as_presence() -> None:
    found = read(told(event="presence"))
    assert found.kinds == {"application/pidf+xml"}
    assert "open" in found.documents[f"sip:102@{HOME}"]


def test_whom_somebody_may_not_watch_he_sees_as_nobody_there() -> None:
    secret = {f"102@{HOME}": Picture(lines=(RINGING,), registered=True, rule=Rule(watchers=("101",)))}
    stranger, friend = (read(told(pictures=secret, watcher=each)) for each in ("109", "101"))
    assert stranger.people == friend.people
    assert "early" not in stranger.documents[f"sip:102@{HOME}"]
    assert "early" in friend.documents[f"sip:102@{HOME}"]


@pytest.mark.parametrize("event", ["dialog", "presence"])
def test_what_has_no_room_is_told_of_later(event: str) -> None:
    """Everybody on the largest panel is in three calls, and has a long name: each NOTIFY fits in a datagram."""
    everybody = tuple(Member(str(100 + n), "Ä & " * 16) for n in range(MOST_MEMBERS))
    busy = Picture(lines=tuple(RINGING for _ in range(3)), note="<&>" * 40, registered=True)
    pictures = {f"{each.extension}@{HOME}": busy for each in everybody}
    first = told(everybody, event=event, pictures=pictures)
    assert len(first.body.encode()) < 60_000
    assert len(read(first).people) == MOST_MEMBERS
    seen, later, notices = set(read(first).documents), first.later, 1
    while later:
        following = told(everybody, set(later), event, pictures)
        assert len(following.body.encode()) < 60_000
        assert not read(following).is_full
        assert seen.isdisjoint(read(following).documents)
        seen, later, notices = seen | set(read(following).documents), following.later, notices + 1
    assert len(seen) == MOST_MEMBERS
    assert 2 <= notices <= 6


words = st.text(max_size=20)


@given(st.lists(words, max_size=3), st.integers(1, 2**31), st.booleans())
def test_lists_are_valid_whatever_people_are_called(names: list[str], sequence: int, full: bool) -> None:
    people = [rlmi.Resource(f"sip:{n}@{HOME}", name, f"{n}@b") for n, name in enumerate(names)]
    assert faults(rlmi.write(f"sip:{DESK}", "desk", people, sequence - 1, full=full)) == []


LISTED = rlmi.write(f"sip:{DESK}", "desk", [rlmi.Resource(f"sip:102@{HOME}", "Bob", "p@b")], 0, full=True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('version="0"', 'version="-1"'),
        lambda text: text.replace('fullState="true"', ""),
        lambda text: text.replace('state="active"', 'state="idle"'),
        lambda text: text.replace(' id="1"', ""),
    ],
)
def test_the_schema_finds_what_is_wrong(spoil: Callable[[str], str]) -> None:
    assert spoil(LISTED) != LISTED
    assert faults(LISTED) == []
    assert faults(spoil(LISTED)) != []
