"""A satellite asks a main for the system's secrets: who gets them, and who doesn't."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import Any

import pytest
from tests.satellites.mains import Main

from carillon.provisioning import nodes
from carillon.satellites import secretgiving
from carillon.satellites.asking import answered, opened
from carillon.siblings.asked import answered as answered_by_sibling
from carillon.stores.secretfiles import place, ring_of
from carillon.stores.secretring import Ring

pytestmark = pytest.mark.engines

NEW = b"n" * 32


def told(main: Main, name: str) -> dict[str, Any]:
    """What a main says to who has this certificate."""
    with closing(opened(main.node, main.asked_by(name).nodes)) as connection:
        return answered(connection, secretgiving.PATH, json.dumps({}))[1]


def renews(main: Main) -> Ring:
    """As far as that is for the main itself."""
    sequence = nodes.note_new_secret(main.truth, "me", main.node)
    place(main.paths, ring_of(main.paths).offered(sequence, NEW, time.time()).sealing(time.time()))
    return ring_of(main.paths)


def test_a_satellite_gets_what_the_main_has(main: Main) -> None:
    ring = renews(main)
    main.follower.look()
    heard = Ring.heard(told(main, "liege"), time.time())
    assert (heard.version, heard.secrets(time.time())) == (ring.version, ring.secrets(time.time()))


def test_one_that_was_removed_gets_nothing(main: Main) -> None:
    nodes.remove(main.truth, "me", "liege")
    renews(main)
    main.follower.look()
    assert told(main, "liege")["refused"][1] == "liege is no satellite of this system (any more)."


def test_a_main_that_may_not_know_who_was_removed_gives_nothing(main: Main) -> None:
    """It has the secret from another main, and is behind with what the database says."""
    renews(main)
    assert told(main, "liege")["refused"] == ["secret", "this main has not followed so far yet."]
    main.follower.look()
    assert told(main, "liege")["current"] == NEW.hex()


def test_who_is_no_satellite_gets_nothing_there(main: Main) -> None:
    main.issues(main.node)
    assert "is no satellite" in told(main, "node1")["refused"][1]


def test_a_sibling_that_is_a_satellite_is_told_nothing_beside() -> None:
    refused = answered_by_sibling(None, ["secret"], of_satellite=True)  # type: ignore[arg-type]
    assert refused == {"failed": "it asks a main's follower for that, which knows who was removed"}
