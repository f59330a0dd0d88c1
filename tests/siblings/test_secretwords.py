"""Who is said to have a former secret, and who is awaited while it is renewed."""

from __future__ import annotations

from carillon.siblings.secretwords import AWAY_S, FORMER, UNKNOWN, advice, lacking, words
from carillon.siblings.states import SiblingState
from carillon.stores.secretring import FIRST, Ring

NOW = 1_800_000_000
OFFERED = Ring(FIRST, b"o" * 32).offered(7, b"n" * 32, NOW)
SEALING = OFFERED.sealing(NOW)


def heard(name: str, secret: str, *, up: bool = True, since: int = 0) -> SiblingState:
    """A sibling that said so."""
    return SiblingState(name, "192.0.2.1", up, since, secret=secret)


def test_whoever_has_the_same_is_not_spoken_of() -> None:
    assert advice([heard("two", "7.2"), heard("three", "7.2")], SEALING) == ""
    assert advice([heard("two", "0.0"), heard("old", "")], Ring(FIRST, b"o" * 32)) == "", "never renewed"


def test_whoever_was_away_has_a_former_one() -> None:
    assert words(heard("two", "0.0", up=False), SEALING.version) == FORMER
    assert advice([heard("two", "0.0", up=False), heard("three", "7.2")], SEALING) == f"two: {FORMER}"


def test_of_one_that_was_not_heard_since_the_start_nobody_knows() -> None:
    assert advice([heard("two", "", up=False)], SEALING) == f"two: {UNKNOWN}"


def test_a_node_says_so_of_itself() -> None:
    said = advice([heard("two", "7.2")], Ring(FIRST, b"o" * 32))
    assert said == f"this node {FORMER}, and asks for that of two"


def test_a_renewal_that_came_to_nothing_is_said() -> None:
    assert "run `carillon secret renew` again" in advice([heard("two", "7.1")], OFFERED)


def test_all_that_are_there_are_awaited() -> None:
    known = [heard("two", "7.1"), heard("three", "7.2"), heard("old", "")]
    assert lacking(known, SEALING.version, NOW) == ["two", "old"]


def test_one_whose_daemon_is_just_restarted_is_awaited_and_one_that_is_down_is_not() -> None:
    known = [heard("restarted", "0.0", up=False, since=NOW - 2), heard("down", "0.0", up=False, since=NOW - 60)]
    assert lacking(known, SEALING.version, NOW) == ["restarted"]
    assert lacking(known, SEALING.version, NOW + AWAY_S) == []
