"""Who is shown at the other side of a call, and the dialog that a lamp names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carillon.presence.picture import DialogState, Line
from carillon.routing.dialogs import LiveDialog
from carillon.states.naming import ANONYMOUS, Naming

NOTE = LiveDialog(
    "call-1", "102@example.org", "ours", "+3225551234@example.org", "Supplier", phone_tags=("theirs", "b")
)
RINGS = Line("k3v9ax", DialogState.EARLY, False, "+3225551234@example.org", call_id="call-1")


def shown(line: Line, note: LiveDialog | None = NOTE) -> Line:
    """The line as watchers see it."""
    notes = {line.call_id: note} if note else {}
    naming = Naming(lambda _: notes, lambda address: "Alice" if address.startswith("101@") else "")
    return naming.completed(line, naming.notes_of([[line]]))


def test_a_ringing_phones_dialog_is_named_as_the_phone_sees_it() -> None:
    line = shown(RINGS)
    assert (line.call_id, line.local_tag, line.remote_tag) == ("call-1", "theirs", "ours")
    assert (line.other, line.other_name) == ("+3225551234@example.org", "Supplier")


def test_who_withholds_himself_is_shown_to_no_watcher() -> None:
    line = shown(RINGS, replace(NOTE, withheld=True))
    assert (line.other, line.other_name) == (ANONYMOUS, "Anonymous")
    assert line.remote_tag == "ours"


@pytest.mark.parametrize("calling", [True, False])
def test_without_a_note_the_directory_names_colleagues(calling: bool) -> None:
    line = shown(Line("k", DialogState.CONFIRMED, calling, "101@example.org"), None)
    assert (line.other, line.other_name, line.call_id) == ("101@example.org", "Alice", "")
