"""What one sibling is told, line by line: everything first, then each change, and that the node is up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from carillon.presence.picture import DialogState, Line
from carillon.siblings.calls import Person
from carillon.siblings.heardpart import HeardPart
from carillon.siblings.parts import CALLS, PHONES, PLACES, Calls, Part, Phones, Places
from carillon.siblings.saying import AT_ONCE, BANS, REMOVED, Saying
from carillon.siblings.subscriptions import Own, Queue
from carillon.stores.registrationjournal import Binding

ALICE, BOB = "101@e.test", "102@e.test"
RINGS = Person((Line("k", DialogState.EARLY, calling=False, other=ALICE, call_id="to-bob"),))


@dataclass
class Home:
    """A node with little in it."""

    calls: dict[str, Person] = field(default_factory=dict)
    phones: dict[str, tuple[Binding, ...]] = field(default_factory=dict)
    places: dict[str, frozenset[str]] = field(default_factory=dict)
    bans: list[list[Any]] = field(default_factory=list)
    serving: bool = True
    leaving: bool = False
    secret: str = "0.0"
    mirrored: None = None
    last_kept: tuple[str, int] | None = None
    subscriptions: Own = field(default_factory=Own)
    parts: Mapping[str, Part] = field(init=False)

    def __post_init__(self) -> None:
        self.parts = {PHONES: Phones(self.phones), CALLS: Calls(self.calls), PLACES: Places(self.places)}

    def removed(self, name: str) -> list[list[Any]]:
        """One row for whoever asks."""
        return [[name]]

    def kept(self, name: str) -> tuple[str, int] | None:
        """How far messages go."""
        return self.last_kept


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture
def saying(home: Home) -> Saying:
    """For a sibling whose connection has just begun."""
    made = Saying("node2", home, Queue(slowly=False))
    made.begins()
    return made


def told(lines: bytes | Iterable[bytes]) -> list[dict[str, Any]]:
    """Line by line."""
    return [json.loads(each) for each in (lines if isinstance(lines, bytes) else b"".join(lines)).splitlines()]


def test_everything_has_a_beginning_and_an_end_in_each_part(home: Home, saying: Saying) -> None:
    """What a sibling does not hear between the two is no more: it may have missed how it ended."""
    home.calls[BOB] = RINGS
    home.places["leg"] = frozenset({"user 101"})
    said = told(saying.everything())
    assert [each.get("all") for each in said[:2]] == ["begins", "ends"]
    begins, bob, ends = (each[CALLS] for each in said if CALLS in each)
    assert (begins, bob["person"], ends) == ("begins", BOB, "ends")
    assert [each[PLACES] for each in said if PLACES in each] == ["begins", [["leg", ["user 101"]]], "ends"]


def test_a_change_is_told_once_as_it_is_then(home: Home, saying: Saying) -> None:
    saying.news()
    home.calls[BOB] = RINGS
    saying.changed(CALLS, BOB)
    saying.changed(CALLS, BOB)
    del home.calls[BOB]
    (said,) = told(saying.news())
    assert said[CALLS] == {"person": BOB, "lines": [], "dialogs": []}
    assert said["serving"] is True  # it says by itself that the node is up
    assert all(CALLS not in each for each in told(saying.news()))


def test_many_places_go_in_lines_that_a_sibling_can_take(home: Home, saying: Saying) -> None:
    for rank in range(AT_ONCE + 1):
        saying.changed(PLACES, f"leg{rank}")
    assert [len(each[PLACES]) for each in told(saying.news()) if PLACES in each] == [AT_ONCE, 1]


def test_without_news_it_is_said_that_the_node_is_up(saying: Saying) -> None:
    for _ in range(2):
        (said,) = told(saying.news())
        assert said["serving"] is True
        assert "clock" in said


def test_rows_are_told_beside_that_word_once(home: Home, saying: Saying) -> None:
    home.bans.append(["all"])
    list(saying.everything())
    said = told(saying.news())[-1]
    assert (said[BANS], said[REMOVED]) == ([["all"]], [["node2"]])
    saying.adds(BANS, ["one more"])
    (said,) = told(saying.news())
    assert said[BANS] == [["one more"]]
    assert REMOVED not in said
    (said,) = told(saying.news())
    assert BANS not in said


def test_a_connection_that_is_new_hears_of_the_secret_again(home: Home, saying: Saying) -> None:
    said = [told(saying.news())[0].get("secret") for _ in range(2)]
    home.secret = "7.1"
    said += [told(saying.news())[0].get("secret") for _ in range(2)]
    saying.begins()
    said.append(told(saying.news())[0].get("secret"))
    assert said == ["0.0", None, "7.1", None, "7.1"]


def test_subscriptions_are_told_once_everything_else_is(saying: Saying) -> None:
    """A node may hold thousands of them: they take as many turns as they need."""
    assert all("subscribed" not in each for each in told(saying.everything()))
    assert [each["subscribed"] for each in told(saying.news()) if "subscribed" in each] == ["begins", "ends", "stays"]
    assert all("subscribed" not in each for each in told(saying.news()))


def test_how_far_kept_messages_go_is_said_each_time(home: Home, saying: Saying) -> None:
    """It holds for a moment only: a sibling that hears nothing of it delivers by itself."""
    home.last_kept = "turn", 3
    assert [told(saying.news())[0]["kept"] for _ in range(2)] == [["turn", 3]] * 2


def test_who_leaves_says_so(home: Home, saying: Saying) -> None:
    saying.news()
    home.serving, home.leaving = False, True
    home.calls[BOB] = RINGS
    saying.changed(CALLS, BOB)
    assert told(saying.news())[-1]["leaving"] is True


class Heard:
    """What a book takes."""

    def __init__(self) -> None:
        self.said: list[object] = []
        read: Callable[[str, Any], tuple[str, int]] = lambda node, row: (row["who"], row["what"])  # noqa: E731
        self.part = HeardPart(read, lambda *one: self.said.append(one), lambda *all_of_it: self.said.append(all_of_it))


def test_what_comes_between_the_marks_is_all_there_is() -> None:
    heard = Heard()
    for each in ("begins", {"who": ALICE, "what": 1}, {"who": BOB, "what": 2}, "ends", {"who": BOB, "what": 0}):
        heard.part.take("node2", each)
    assert heard.said == [("node2", {ALICE: 1, BOB: 2}), ("node2", BOB, 0)]


def test_a_sibling_that_begins_again_has_said_nothing_before() -> None:
    """Its connection broke in the midst of it."""
    heard = Heard()
    for each in ("begins", {"who": ALICE, "what": 1}, "begins", {"who": BOB, "what": 2}, "ends"):
        heard.part.take("node2", each)
    assert heard.said == [("node2", {BOB: 2})]


def test_a_row_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(KeyError):
        Heard().part.take("node2", {"who": ALICE})
