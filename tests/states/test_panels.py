"""Of whom the watchers of panels are told, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from carillon.presence.panel import Member
from carillon.presence.picture import UNKNOWN_PERSON, Picture
from carillon.states.news import understood
from carillon.states.panels import Panels
from carillon.states.telling import Watchers
from carillon.states.watched import Audience
from carillon.stores.pictures import PictureReader, PictureWriter
from carillon.supervision.rpc import RpcFailed

DESK, BOB = "desk@example.org", "102@example.org"
MEMBERS = (Member("101", "Alice"), Member("102", "Bob"))
OTHER = Picture(registered=True)


class Server:
    """A presence server, and what a NOTIFY of the desk would say at each of its refreshes."""

    def __init__(self, place: Path) -> None:
        self.writer, self.reader = PictureWriter(place / "pictures.db"), PictureReader(place / "pictures.db")
        self.told: list[tuple[str, set[str] | None]] = []
        self.up_since, self.silent = 1, False
        watched = {(DESK, "dialog"), (DESK, "presence")}
        panels, audience = Panels(self.writer.write_news), Audience(lambda now: watched)
        self.watchers = Watchers(self._asked, audience, panels=panels)

    def has(self, panels: dict[str, tuple[Member, ...]]) -> None:
        """These are all panels."""
        changed = self.watchers.panels.are(panels)
        self.writer.write_panels(panels)
        self.watchers.note(changed)

    def tells(self, now: float = 100.0) -> list[tuple[str, set[str] | None]]:
        """What watchers of the desk are told now, by event; None is everybody."""
        self.told = []
        self.watchers.tell(now)
        return self.told

    def _asked(self, method: str, *values: Any) -> Any:
        if method == "core.uptime":
            return {"up_since": self.up_since}
        if self.silent:
            raise RpcFailed("no answer")
        if values[0] == f"sip:{DESK}":
            changed = self.reader.panel(DESK, values[1])[1]
            self.told.append((values[1], None if changed is None else set(changed)))
        return None


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """With the desk, of which everybody was told."""
    server = Server(tmp_path)
    server.has({DESK: MEMBERS})
    server.tells()
    return server


def test_at_first_and_when_it_is_changed_everybody_is_told_of(server: Server) -> None:
    assert server.tells() == []
    server.has({DESK: MEMBERS[:1]})
    assert server.tells() == [("dialog", None), ("presence", None)]
    assert server.reader.panel(DESK, "dialog")[0] == MEMBERS[:1]
    server.has({})
    assert server.tells() == [("dialog", None), ("presence", None)]
    assert server.reader.panel(DESK, "dialog")[0] == ()


def test_a_change_is_told_of_alone_and_once(server: Server) -> None:
    server.watchers.changed(BOB, UNKNOWN_PERSON, OTHER)
    assert server.tells() == [("presence", {"102"})]
    assert server.tells() == []
    server.watchers.changed("109@example.org", UNKNOWN_PERSON, OTHER)
    assert server.tells() == []


def test_what_could_not_be_told_is_told_with_what_came_since(server: Server) -> None:
    server.watchers.changed(BOB, UNKNOWN_PERSON, OTHER)
    server.silent = True
    with pytest.raises(RpcFailed):
        server.tells()
    server.silent = False
    server.watchers.changed("101@example.org", UNKNOWN_PERSON, OTHER)
    assert server.tells() == [("presence", {"101", "102"})]


def test_a_server_that_was_started_anew_tells_of_everybody(server: Server) -> None:
    """At once, not only when it is looked at next: it may not know what the one before has told."""
    server.up_since = 2
    server.watchers.changed(BOB, UNKNOWN_PERSON, OTHER)
    assert sorted(server.tells(100.1)) == [("dialog", None), ("presence", None)]


def test_who_had_no_room_is_told_of_next(server: Server) -> None:
    news = understood(b'{"panel": "desk@example.org", "event": "dialog", "members": ["101"]}')
    assert news is not None
    assert news.unsaid is not None
    server.watchers.note(server.watchers.panels.members(*news.unsaid))
    assert server.tells() == [("dialog", {"101"})]


def test_watchers_of_a_panel_that_is_removed_are_told_that_it_is_no_more(tmp_path: Path) -> None:
    """One that nobody has drawn yet, or that is there again, has not gone."""
    server = Server(tmp_path)
    assert not server.reader.has_gone(DESK, "dialog")
    server.has({DESK: MEMBERS})
    server.tells()
    assert not server.reader.has_gone(DESK, "dialog")
    server.has({})
    server.tells()
    assert server.reader.has_gone(DESK, "dialog")
    server.has({DESK: MEMBERS})
    server.tells()
    assert not server.reader.has_gone(DESK, "dialog")
