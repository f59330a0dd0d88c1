"""Phones whose node has left the system are known no more, whoever had copies of them."""

from __future__ import annotations

from dataclasses import replace

from tests.siblings.test_told import BOB

from carillon.siblings.orphans import orphans
from carillon.siblings.told import own

SOCKET = "tls:192.0.2.1:5069"
HOME, LEFT = "sip:192.0.2.2:5069;transport=tls", "sip:192.0.2.3:5069;transport=tls"
COPY = replace(BOB, contact="sip:102@192.0.2.20", received=HOME, socket=SOCKET)
ORPHAN = replace(BOB, contact="sip:102@192.0.2.30", received=LEFT, socket=SOCKET)
KEPT = {"102@example.org": (BOB, COPY, ORPHAN), "103@example.org": (BOB,)}


def test_who_has_his_home_here_or_at_a_sibling_stays() -> None:
    assert orphans(KEPT, {HOME}, SOCKET) == (("102@example.org", ORPHAN.contact),)


def test_on_the_last_node_all_copies_are_of_those_that_have_left() -> None:
    assert orphans(KEPT, (), SOCKET) == (("102@example.org", COPY.contact), ("102@example.org", ORPHAN.contact))


def test_nobody_is_told_of_them_meanwhile() -> None:
    assert own(KEPT["102@example.org"], frozenset({HOME}), SOCKET) == (BOB,)
