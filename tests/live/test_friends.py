"""Presence on real phones, of two makes: what their users see."""

from __future__ import annotations

import pytest
from tests.live.company import Company, password_of
from tests.live.waiting import await_that
from tests.live.watching import kept
from tests.phones.baresip import Baresip
from tests.worlds.building import ADDRESS, PORT, WHO

from carillon.model.domain import DigestOffer
from carillon.provisioning import domains
from carillon.provisioning.system import put_in_force

pytestmark = pytest.mark.engines


def test_a_phone_shows_how_a_colleague_is(company: Company) -> None:
    alice = company.phone("101")
    alice.watches("102")
    alice.shows("102", online=False)
    bob = company.phone("102", publishes=True)
    alice.shows("102", online=True)
    bob.publishes("away", "At lunch")
    alice.shows("102", online=True, activity="away", note="At lunch")
    bob.publishes("busy", "Not now")
    alice.shows("102", activity="busy", note="Not now")
    bob.publishes("")
    alice.shows("102", online=True, activity="")
    bob.unregister()
    alice.shows("102", online=False)


def test_a_phone_shows_that_a_colleague_talks(company: Company) -> None:
    alice, bob, carol = (company.phone(each) for each in ("101", "102", "103"))
    alice.watches("102")
    alice.shows("102", online=True, activity="")
    call = carol.dial("102")
    ringing = bob.incoming()
    ringing.answer()
    call.wait_answered()
    alice.shows("102", online=True, activity="busy")
    call.hangup()
    alice.shows("102", online=True, activity="")


def test_another_make_of_phone_shows_it_too(company: Company) -> None:
    domains.set(company.building.truth, WHO, company.domain, digest=DigestOffer.MD5)
    put_in_force(company.building.paths)
    bob = company.phone("102", publishes=True)
    identity, proxy = ("103", password_of("103"), company.domain), f"{ADDRESS}:{PORT}"
    with Baresip(*identity, proxy=proxy, friends=("102",), **company.place("phone5")) as carol:
        await_that(lambda: bool(kept(company)), "she watches him")
        bob.publishes("busy", "Not now")
        carol.says("to Busy")
        alice = company.phone("101")
        alice.watches("103")
        alice.shows("103", online=True)
        bob.unregister()
        carol.says("to Offline")
