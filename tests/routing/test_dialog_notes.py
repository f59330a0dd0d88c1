"""Notes of dialogs that are changed as text are those that are changed as what they mean."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carillon.routing.dialogs import DialogState, LiveDialog, answered_by, rung_by

tags = st.sampled_from(["a1", "b2", "c3", "a"])
notes = st.builds(
    LiveDialog,
    st.just("call-1"),
    st.just("102@example.org"),
    st.just("ours"),
    caller_name=st.sampled_from(["", "Alice Martin", "a\tb"]),
    state=st.sampled_from(list(DialogState)),
    since=st.sampled_from([0.0, 1_700_000_000.25]),
    phone_tags=st.lists(tags, max_size=3, unique=True).map(tuple),
)


@given(notes, tags, st.floats(1e9, 2e9))
def test_a_phone_rings_and_answers(note: LiveDialog, tag: str, now: float) -> None:
    assert rung_by(str(note), tag, now) == str(note.rings(tag, now))
    assert answered_by(str(note), tag, now) == str(note.is_answered(tag, now))
