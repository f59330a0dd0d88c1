"""Whose connection a drained node ends, and what it says is left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.siblings.test_told import BOB, NOW

from carillon.siblings.asked import Left
from carillon.siblings.lettinggo import may_go
from carillon.stores.registrationjournal import Binding

WHO = "102@example.org"
FLOW = replace(BOB, socket="tls:10.77.0.2:5061", instance="<urn:uuid:1>", reg_id=1)


def is_let_go(phone: Binding, talking: tuple[str, ...] = ()) -> bool:
    return bool([*may_go({WHO: (phone,)}, talking, NOW)])


@pytest.mark.parametrize("socket", ["tcp:10.77.0.2:5060", "tls:10.77.0.2:5061"])
def test_who_connects_anew_by_itself_is_let_go(socket: str) -> None:
    assert is_let_go(replace(FLOW, socket=socket))


@pytest.mark.parametrize(
    "phone",
    [
        replace(FLOW, reg_id=0),  # it might not notice, and be reached nowhere
        replace(FLOW, socket="udp:10.77.0.2:5060"),  # there is nothing to close
        replace(FLOW, expires=NOW + 60),  # it comes back by itself
        replace(FLOW, path="<sip:192.0.2.9;lr>"),  # the connection is a proxy's
    ],
)
def test_others_stay(phone: Binding) -> None:
    assert not is_let_go(phone)


def test_nobody_loses_the_way_of_his_call() -> None:
    assert not is_let_go(FLOW, (WHO,))
    assert is_let_go(FLOW, ("101@example.org",))


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (Left(0, 0, 0), "It is empty."),
        (Left(1, 3500, 0), "1 phone and 0 calls are still there; the last registration ends in 3500 s at the latest."),
        (Left(0, 0, 2), "0 phones and 2 calls are still there."),
        (Left(0, 0, None), "It has no phones; its calls are not known."),
    ],
)
def test_what_is_left_is_said(left: Left, words: str) -> None:
    assert left.words == words
