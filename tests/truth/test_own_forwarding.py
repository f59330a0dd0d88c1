"""Rows that people set and end by codes on their phones, beside those of the administrator."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from tests.truth.terminal import Terminal

from carillon.model.refused import Refused
from carillon.provisioning import forwardings, presences

PHONE = "phone 102@example.org"


@pytest.fixture(autouse=True)
def people(carillon: Terminal) -> None:
    """Alice, Bob, Carol."""
    for extension, name in (("101", "Alice"), ("102", "Bob"), ("103", "Carol")):
        carillon.done("user", "add", extension, "--name", name)


def rows(carillon: Terminal) -> list[tuple[str, list[str], int | None]]:
    """Cause, targets and patience of Bob's rows, in their order."""
    return [(row["when"], row["to"], row["after"]) for row in carillon.got("forwarding", "list", "102")]


def test_a_code_dialled_again_takes_the_place_of_the_first(carillon: Terminal, truth: Engine) -> None:
    forwardings.set_plain(truth, PHONE, "102", "always", "101")
    forwardings.set_plain(truth, PHONE, "102", "always", "103")
    assert rows(carillon) == [("always", ["103"], None)]
    assert carillon.got("change", "list")[-1]["who"] == PHONE
    assert forwardings.unset_plain(truth, PHONE, "102", "always") is False
    assert rows(carillon) == []


def test_what_an_administrator_arranged_is_not_lost(carillon: Terminal, truth: Engine) -> None:
    carillon.done("forwarding", "add", "102", "--when", "no-answer", "--origin", "external", "--to", "101")
    carillon.done("forwarding", "add", "102", "--when", "no-answer", "--after", "15", "--to", "voicemail")
    carillon.done("forwarding", "add", "102", "--when", "busy", "--to", "101", "103")
    before = rows(carillon)
    forwardings.set_plain(truth, PHONE, "102", "no-answer", "103")
    assert rows(carillon) == [before[0], ("no-answer", ["103"], 20), *before[1:]]
    assert forwardings.unset_plain(truth, PHONE, "102", "no-answer") is False
    assert rows(carillon) == before
    assert forwardings.unset_plain(truth, PHONE, "102", "busy") is True
    assert rows(carillon) == before


def test_how_long_the_phones_ring_stays(carillon: Terminal, truth: Engine) -> None:
    carillon.done("forwarding", "add", "102", "--when", "no-answer", "--after", "15", "--to", "101")
    forwardings.set_plain(truth, PHONE, "102", "no-answer", "103")
    assert rows(carillon) == [("no-answer", ["103"], 15)]


@pytest.mark.parametrize("number", ["102", "199", "voicemail:199", "group:sales", "12ab"])
def test_a_wrong_target_changes_nothing(carillon: Terminal, truth: Engine, number: str) -> None:
    forwardings.set_plain(truth, PHONE, "102", "always", "103")
    with pytest.raises(Refused):
        forwardings.set_plain(truth, PHONE, "102", "always", number)
    assert rows(carillon) == [("always", ["103"], None)]


def test_the_end_of_do_not_disturb_leaves_other_states(carillon: Terminal, truth: Engine) -> None:
    carillon.done("presence", "set", "102", "vacation")
    assert presences.end_dnd(truth, PHONE, "102") is False
    assert str(presences.said(truth, "102")[1][0].state) == "vacation"
    carillon.done("presence", "set", "102", "dnd")
    assert presences.end_dnd(truth, PHONE, "102") is True
    assert presences.said(truth, "102")[1] == ()
