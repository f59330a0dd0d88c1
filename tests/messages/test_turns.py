"""Whose messages a node delivers, and what it goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from carillon.messages.turns import ALONE, NOBODY, Sibling, Turn, turn
from carillon.stores import keptturn
from carillon.stores.keptturn import KeptTurn


def up(name: str, *, copies: bool = True, is_heard: bool = True) -> Sibling:
    return Sibling(name, True, copies, is_heard)


def down(name: str) -> Sibling:
    return Sibling(name, False, True, False)


def at(own: str, *siblings: Sibling, copies: bool = True, serves: bool = True) -> Turn:
    return turn(own, copies=copies, serves=serves, siblings=siblings)


def test_while_all_are_up_each_delivers_its_own() -> None:
    assert at("b", up("a"), up("c")) == Turn(own=True, all_but=None)
    assert at("a", up("b"), up("c")) == Turn(own=True, all_but=frozenset({"b", "c"})), "what is of nodes that have left"


def test_of_one_that_is_down_the_first_of_those_that_are_up_delivers() -> None:
    assert at("b", down("a"), up("c")) == Turn(own=True, all_but=frozenset({"c"}))
    assert at("c", down("a"), up("b")) == Turn(own=True)
    assert at("c", down("a"), down("b")) == Turn(own=True, all_but=frozenset())


def test_one_of_an_older_version_delivers_for_nobody() -> None:
    assert at("b", up("a", copies=False), down("c")) == Turn(own=True, all_but=frozenset({"a"}))


def test_a_satellite_delivers_its_own_only() -> None:
    assert at("branch", down("a"), down("b"), copies=False) == Turn(own=True)
    assert at("a", down("branch")) == Turn(own=True, all_but=frozenset())


@pytest.mark.parametrize("other", [up("a", is_heard=False), Sibling("a", None, True, False)])
def test_nothing_is_delivered_before_it_is_known_what_was_delivered_meanwhile(other: Sibling) -> None:
    assert at("b", other) == NOBODY


def test_a_node_that_does_not_serve_delivers_nothing() -> None:
    """Others do."""
    assert at("a", down("b"), serves=False) == NOBODY


def test_a_node_without_siblings_is_alone(tmp_path: Path) -> None:
    assert KeptTurn(tmp_path / "siblings" / "messages.json").now() == ALONE


def test_what_the_daemon_says_holds_for_two_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, file = [1000.0], tmp_path / "messages.json"
    monkeypatch.setattr(keptturn.time, "monotonic", lambda: now[0])
    begun = KeptTurn(file)
    assert begun.now() == NOBODY, "it has not said anything yet"
    told = Turn(own=True, all_but=frozenset({"b"}))
    keptturn.write(file, told)
    assert begun.now() == told
    now[0] += keptturn.FRESH_S + 0.1
    assert begun.now() == NOBODY, "siblings may deliver what is kept here"
    now[0] += keptturn.PATIENCE_S
    assert begun.now() == ALONE, "nobody does any more"
