"""What watchers read of calls (RFC 4235)."""

from __future__ import annotations

from carillon.presence.dialoginfo import write
from carillon.presence.picture import DialogState, Line, Picture

LINE = Line("k3v9ax", DialogState.CONFIRMED, False, "101@e.test", call_id="c1", local_tag="l", remote_tag="r")


def test_only_a_call_that_came_to_the_person_is_named() -> None:
    """By that name it can be taken; nobody takes a call from who makes it."""
    called = write("sip:102@e.test", Picture(lines=(LINE,)), 1)
    calls = write("sip:102@e.test", Picture(lines=(Line("k", LINE.state, True, call_id="c1"),)), 1)
    assert 'call-id="c1" local-tag="l" remote-tag="r"' in called
    assert "c1" not in calls
