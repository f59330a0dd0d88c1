"""A person's phone watches where he is registered (RFC 3680): from the first REGISTER to the last."""

from __future__ import annotations

import os
import signal
from xml.etree import ElementTree

import pytest
from tests.live.company import Company
from tests.live.waiting import PATIENCE_S
from tests.live.watching import Watch, version
from tests.phones.message import Message

pytestmark = pytest.mark.engines

REGINFO = "{urn:ietf:params:xml:ns:reginfo}"


def contacts(told: Message) -> dict[str, str]:
    """What is said of each contact: `active registered`."""
    found = ElementTree.fromstring(told.body.encode()).iter(f"{REGINFO}contact")
    return {each.findtext(f"{REGINFO}uri", ""): f"{each.get('state')} {each.get('event')}" for each in found}


def test_a_phone_is_told_where_its_person_is_registered(company: Company) -> None:
    """What it is told is valid by the schema: `Watch` holds it against that."""
    company.gives_device("102", "bob-mobile")
    desk = company.registered("102")
    watch = Watch(desk, company.uri("102"), "reg")
    watch.until(lambda told: contacts(told) == {desk.contact: "active registered"})
    mobile = company.registered("102", device="bob-mobile")
    both = {desk.contact: "active registered", mobile.contact: "active registered"}
    watch.until(lambda told: contacts(told) == both)
    assert mobile.register(expires=1800).code == 200
    watch.until(lambda told: contacts(told).get(mobile.contact) == "active shortened")
    assert mobile.register(expires=3600).code == 200
    watch.until(lambda told: contacts(told).get(mobile.contact) == "active refreshed")
    os.kill(company.pid("presence"), signal.SIGKILL)
    watch.next(PATIENCE_S)  # it is told again of what it may have missed
    assert mobile.register(expires=0).code == 200
    watch.until(lambda told: contacts(told).get(mobile.contact) == "terminated unregistered")
    assert contacts(watch.told[-1])[desk.contact] == "active registered"
    versions = [version(told) for told in watch.told]
    assert versions == sorted(set(versions))
    assert watch.again(expires=0).code == 200


def test_nobody_is_told_where_others_are_registered(company: Company) -> None:
    alice = company.registered("101")
    request = alice.request("SUBSCRIBE", company.uri("102"), headers=[("Event", "reg"), ("Expires", "600")])
    assert alice.authenticated(request).code == 403
