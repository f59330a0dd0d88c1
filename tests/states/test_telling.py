"""Whom the presence server is told of: those whom somebody watches, also when very much has changed at once."""

from __future__ import annotations

from typing import Any

import pytest

from carillon.states.telling import MOST_AT_ONCE, SORT_S, Watchers
from carillon.states.watched import WRITTEN_S, Audience, Key
from carillon.stores.ports import StoreDown

BOB, NOW = "102@example.org", 1_800_000_000.0
MANY = [(f"{n}@example.org", "presence") for n in range(1000, 4000)]
WATCHED = (BOB, "presence")


class Server:
    """The presence server: of whom it was told, in order, and of whom it has written that they are watched.

    `clock` is in seconds since the beginning, which is NOW.
    """

    def __init__(self) -> None:
        self.told: list[Key] = []
        self.watched: set[Key] = {WATCHED}
        self.looks, self.clock = 0, 0.0
        self.file_is_there = True

    def __call__(self, method: str, *parameters: Any) -> Any:
        if method == "core.uptime":
            return {"up_since": 1}
        self.told.append((parameters[0].removeprefix("sip:"), parameters[1]))
        return None

    def tells(self, watchers: Watchers, clock: float = 0.0) -> None:
        """Have its watchers told, when it is so late."""
        self.clock = clock
        watchers.tell(NOW + clock)

    def written(self, now: float) -> set[Key]:
        """What its file says."""
        self.looks += 1
        if not self.file_is_there:
            raise StoreDown("subscriptions: locked")
        return set(self.watched)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def watchers(server: Server) -> Watchers:
    """That it is told of nobody yet."""
    return Watchers(server, Audience(server.written), clock=lambda: server.clock)


def test_of_very_many_those_whom_somebody_watches_are_told(server: Server, watchers: Watchers) -> None:
    watchers.note([*MANY, WATCHED])
    for clock in (0.0, SORT_S, WRITTEN_S):
        server.tells(watchers, clock)
    assert server.told == [WATCHED]
    assert not watchers.unwatched


def test_of_very_many_that_are_watched_some_are_told_at_a_time(server: Server, watchers: Watchers) -> None:
    server.watched = set(MANY)
    watchers.note(MANY)
    server.tells(watchers)
    assert len(server.told) == MOST_AT_ONCE
    while watchers.waiting:
        server.tells(watchers)
    assert sorted(server.told) == MANY


def test_calls_of_those_whom_nobody_watches_cost_one_look_a_second(server: Server, watchers: Watchers) -> None:
    for quarter in range(20):
        watchers.note(MANY[:10])
        server.tells(watchers, quarter / 4)
    assert server.told == []
    assert server.looks == 5


def test_who_is_known_to_be_watched_is_told_of_at_once_and_nobody_looks(server: Server, watchers: Watchers) -> None:
    watchers.note([MANY[0], WATCHED])
    server.tells(watchers)
    server.told, server.looks = [], 0
    watchers.note([WATCHED])
    server.tells(watchers, SORT_S / 2)
    assert (server.told, server.looks) == ([WATCHED], 0)


def test_who_begins_to_watch_is_told_at_once_of_what_he_has_not_seen(server: Server, watchers: Watchers) -> None:
    """The server writes subscriptions a second later, and says them before it answers."""
    watchers.note(MANY[:2])
    server.tells(watchers)
    watchers.begins(MANY[0], 0.1)
    server.tells(watchers, 0.1)
    assert server.told == []  # the answer shows what had changed before
    watchers.note(MANY[:2])
    watchers.begins(MANY[1], 0.05)
    server.tells(watchers, 0.2)
    assert server.told == MANY[:2]
    server.tells(watchers, SORT_S)
    server.tells(watchers, WRITTEN_S)
    assert server.told == MANY[:2]  # nothing twice


def test_who_begins_to_watch_and_could_not_be_heard_is_told_once_it_is_written(
    server: Server, watchers: Watchers
) -> None:
    watchers.note([MANY[-1]])
    server.tells(watchers)
    server.watched.add(MANY[-1])
    server.tells(watchers, SORT_S)
    assert server.told == [MANY[-1]]


def test_a_change_is_not_forgotten_before_every_subscription_from_before_is_written(
    server: Server, watchers: Watchers
) -> None:
    watchers.note([MANY[-1]])
    server.tells(watchers)
    server.clock = SORT_S / 2
    watchers.note([MANY[-1]])  # again, while it is known that nobody watches
    server.tells(watchers, SORT_S)
    server.tells(watchers, WRITTEN_S)
    server.watched.add(MANY[-1])
    server.tells(watchers, SORT_S + WRITTEN_S)
    assert server.told == [MANY[-1]]


def test_while_nobody_can_say_who_watches_everybody_is_told(server: Server, watchers: Watchers) -> None:
    server.file_is_there = False
    watchers.note(MANY[:3])
    server.tells(watchers)
    assert server.told == MANY[:3]


def test_news_of_a_panel_that_nobody_watches_is_not_kept(server: Server, watchers: Watchers) -> None:
    watchers.note(watchers.panels.members("panel@example.org", "dialog", ["102"]))
    for clock in (0.0, SORT_S, WRITTEN_S):
        server.tells(watchers, clock)
    assert not watchers.panels.news
