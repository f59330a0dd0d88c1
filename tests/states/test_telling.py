"""Whom the presence server is told of when very much has changed at once, as after a restart of everything."""

from __future__ import annotations

from typing import Any

from carillon.states.telling import MOST_AT_ONCE, Watchers
from carillon.states.watched import WRITTEN_S

BOB, NOW = "102@example.org", 1_800_000_000.0
MANY = [(f"{n}@example.org", "presence") for n in range(1000, 4000)]
WATCHED = (BOB, "presence")


class Server:
    """The presence server: of whom it was told, in order, and who is watched there."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.watched: set[tuple[str, str]] = {WATCHED}

    def __call__(self, method: str, *parameters: Any) -> Any:
        if method == "core.uptime":
            return {"up_since": 1}
        self.told.append((parameters[0].removeprefix("sip:"), parameters[1]))
        return None


def opened() -> tuple[Server, Watchers]:
    """A server that is told of nobody yet."""
    server = Server()
    return server, Watchers(server, watched=lambda now: server.watched)


def test_those_whom_somebody_watches_come_first() -> None:
    server, watchers = opened()
    watchers.note([*MANY, WATCHED])
    watchers.tell(NOW)
    assert server.told[0] == WATCHED
    assert len(server.told) == MOST_AT_ONCE


def test_nobody_is_told_for_minutes_of_those_whom_nobody_watches() -> None:
    server, watchers = opened()
    watchers.note([*MANY, WATCHED])
    for now in (NOW, NOW + WRITTEN_S / 2, NOW + WRITTEN_S):
        watchers.tell(now)
    assert watchers.waiting == {}
    assert len(server.told) <= 3 * MOST_AT_ONCE


def test_who_has_just_subscribed_is_told_though_it_is_not_written_yet() -> None:
    """The presence server writes subscriptions a second later."""
    server, watchers = opened()
    watchers.note(MANY)
    watchers.tell(NOW)
    watchers.note([MANY[-1]])
    watchers.tell(NOW + WRITTEN_S / 2)
    server.watched.add(MANY[-1])
    watchers.tell(NOW + WRITTEN_S)
    assert MANY[-1] in server.told


def test_of_a_few_everybody_is_told_at_once() -> None:
    server, watchers = opened()
    watchers.note(MANY[:3])
    watchers.tell(NOW)
    assert server.told == MANY[:3]
