"""What a node says of the calls that its Asterisk has."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from carillon.presence.picture import DialogState as Shown
from carillon.presence.picture import Line
from carillon.routing.dialogs import DialogState, LiveDialog
from carillon.siblings.calls import Person, known, noted, read, row
from carillon.states.naming import Naming

BOB, NOW = "102@e.test", 1_800_000_000.0
LINE = Line("k3v9ax", Shown.EARLY, False, "101@e.test", call_id="c1")
NOTE = LiveDialog("c1", BOB, "ours", "101@e.test", "Alice", state=DialogState.RINGING, since=NOW - 7, phone_tags=("t",))


def found(note: LiveDialog) -> Person:
    """What is known of a call of which there is this note."""
    return known((LINE,), Naming(lambda _: {}, lambda address: ""), {note.call_id: note})


def test_clocks_need_not_agree() -> None:
    told = json.loads(json.dumps(row(BOB, Person((LINE,), (NOTE,)), NOW)))
    aor, person = read(told, "node2", NOW - 7200)
    assert aor == BOB
    assert person == Person((LINE,), (replace(NOTE, since=NOTE.since - 7200, node="node2"),))


def test_a_sibling_of_an_older_version_is_told_what_it_knows() -> None:
    """It would refuse a line with a field that it does not know."""
    (line,) = row(BOB, Person((LINE,)), NOW)["lines"]
    assert "node" not in line


@pytest.mark.parametrize("told", [{}, {"person": BOB, "lines": [], "dialogs": [["c", "nonsense"]]}, {"lines": [{}]}])
def test_nonsense_is_refused(told: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        read(told, "node2", NOW)


def test_the_note_completes_what_asterisk_says() -> None:
    person = found(NOTE)
    assert person.dialogs == (NOTE,)
    assert (person.lines[0].local_tag, person.lines[0].remote_tag) == ("t", "ours")
    assert person.is_rung


def test_what_does_not_ring_yet_is_no_dialog_to_take() -> None:
    assert found(replace(NOTE, state=DialogState.CALLING)).dialogs == ()


def test_the_note_for_workers_names_the_nodes() -> None:
    note = noted({"node3": Person((LINE,)), "node2": Person((LINE,), (NOTE,))})
    assert note is not None
    assert note.nodes == ("node2", "node3")
    assert note.dialogs == (NOTE,)
    assert noted({}) is None


def test_the_note_for_workers_names_the_calls_that_a_person_has_made_and_that_are_up() -> None:
    made = Line("k3v9ay", Shown.CONFIRMED, True, "101@e.test", call_id="c2")
    rings = replace(made, state=Shown.EARLY, call_id="c3")
    called = replace(made, calling=False, call_id="c4")
    note = noted({"node2": Person((made, rings, called, replace(made, call_id="")))})
    assert note is not None
    assert note.made == (("node2", "c2"),)
