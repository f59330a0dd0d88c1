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


def test_another_make_of_phone_shows_it_too(company: Company) -> None:
    domains.set(company.building.truth, WHO, company.domain, digest=DigestOffer.MD5)
    put_in_force(company.building.paths)
    bob = company.phone("102", publishes=True)
    identity, proxy = ("103", password_of("103"), company.domain), f"{ADDRESS}:{PORT}"
    with Baresip(*identity, proxy=proxy, friends=("102",), **company.place("phone5")) as carol:
        await_that(lambda: bool(kept(company)), "she watches him")
        bob.publishes("busy", "Not now")
        carol.says("to Busy")
        carol.writes("Grüße, Bob")
        assert '"Carol Peeters"' in (bob.reads("Grüße, Bob", timeout=30).header("From") or "")
        assert bob.writes("103", "Danke, 10 € & <mehr>") == 200
        carol.says("Danke, 10 € & <mehr>", timeout=30)
        alice = company.phone("101")
        alice.watches("103")
        alice.shows("103", online=True)
        bob.unregister()
        carol.says("to Offline")
