"""Whose clock is said to be wrong."""

from __future__ import annotations

from carillon.siblings.clocks import advice, clock_words, is_ours
from carillon.siblings.states import SiblingState


def heard(name: str, ahead_s: int, *, up: bool = True) -> SiblingState:
    """A sibling with such a clock."""
    return SiblingState(name, "192.0.2.1", up, 0, ahead_s=ahead_s)


def test_clocks_that_are_close_are_nobodys_trouble() -> None:
    known = [heard("two", 5), heard("three", -5)]
    assert [clock_words(one, "one") for one in known] == ["", ""]
    assert advice(known, "one") == ""
    assert not is_ours(known)


def test_of_two_nobody_knows_which_is_wrong() -> None:
    known = [heard("two", 600)]
    assert clock_words(known[0], "one") == "its clock is 600 s ahead of that of one"
    assert advice(known, "one").startswith("two: its clock is 600 s ahead of that of one; of these, find the one")
    assert not is_ours(known)


def test_the_one_that_differs_from_all_others_is_named() -> None:
    """Seen from itself, and from another one."""
    at_the_wrong_one = [heard("two", -600), heard("three", -598)]
    assert is_ours(at_the_wrong_one)
    assert advice(at_the_wrong_one, "one").startswith("the clock of this node is 600 s ahead of those of all others; ")
    elsewhere = [heard("one", 600), heard("three", 2)]
    assert not is_ours(elsewhere)
    assert advice(elsewhere, "two").startswith("one: its clock is 600 s ahead of that of two; ")


def test_who_is_down_says_nothing_of_clocks() -> None:
    assert not is_ours([heard("two", -600), heard("three", 0, up=False)])
