"""Phones that know only their domain and a name server find the node by SRV, and the other one when one is dead."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.lab.nameserver import NameServer
from tests.live.company import Company, password_of
from tests.phones.baresip import Baresip
from tests.phones.phone import Phone
from tests.phones.settings import Transport
from tests.worlds.building import ADDRESS, FOREIGN, NAMES, WHO, Building, carillon

from carillon.model.domain import DigestOffer
from carillon.provisioning import domains
from carillon.provisioning.system import put_in_force

pytestmark = pytest.mark.engines

DEAD = "away2"
PATIENCE_S = 60
"""Longer than a phone's Timer F (32 s): how long it really takes is in docs/dns.md."""


def phone(company: Company, name_server: str, transport: Transport = "udp") -> Phone:
    """Alice's phone, which is told her domain and a name server, and no address of ours."""
    place = company.place("phone1")
    identity = ("Alice Martin", "101", password_of("101"), company.domain)
    return Phone(*identity, proxy=None, transport=transport, name_server=name_server, **place)


@pytest.fixture
def ours(building: Building) -> Iterator[str]:
    """The node is a name server itself: its address."""
    carillon(building.network, "--dir", str(building.directory), "dns", "serve", "on")
    yield ADDRESS
    carillon(building.network, "--dir", str(building.directory), "dns", "serve", "off")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_phone_finds_us_by_our_own_name_server(company: Company, ours: str, transport: Transport) -> None:
    with phone(company, ours, transport) as alice:
        assert alice.register().code == 200
        bob = company.phone("102")
        call = alice.dial(f"sip:102@{company.domain};transport={transport}")
        incoming = bob.incoming()
        incoming.answer()
        call.wait_answered()
        call.hangup()


HOSTS = (f"dead IN A {FOREIGN[DEAD]}", f"alive IN A {ADDRESS}")


def zone(transport: Transport) -> tuple[str, ...]:
    """Two nodes, the first of which is dead."""
    return (*HOSTS, f"_sip._{transport} IN SRV 10 1 5060 dead", f"_sip._{transport} IN SRV 20 1 5060 alive")


def test_a_phone_finds_the_other_node_when_the_first_is_dead(company: Company) -> None:
    """Over TCP, at once: nobody listens there."""
    network = company.building.network
    with (
        NameServer(network, NAMES, company.domain, *zone("tcp")) as names,
        phone(company, names.address, "tcp") as alice,
    ):
        assert alice.register(timeout=PATIENCE_S).code == 200


def test_over_udp_it_finds_the_other_one_once_the_dead_one_is_out_of_the_zone(company: Company) -> None:
    """pjsua2 asks the first node again and again, and no other one, as long as the DNS says so."""
    network = company.building.network
    with NameServer(network, NAMES, company.domain, *zone("udp")) as names, phone(company, names.address) as alice:
        assert alice.register(expect=408, timeout=PATIENCE_S).active is False
        names.says(*HOSTS, "_sip._udp IN SRV 20 1 5060 alive")
        assert alice.register(timeout=PATIENCE_S).code == 200


def test_another_make_of_phone_does_so_too(company: Company) -> None:
    """baresip, over UDP: by itself, after Timer F, for the REGISTER and again for the one with credentials."""
    domains.set(company.building.truth, WHO, company.domain, digest=DigestOffer.MD5)
    put_in_force(company.building.paths)
    network, place = company.building.network, company.place("phone2")
    lines = (*zone("udp"), '@ IN NAPTR 10 50 "s" "SIP+D2U" "" _sip._udp')
    with (
        NameServer(network, NAMES, company.domain, *lines) as names,
        network.resolving("phone2", names.address),
        Baresip("101", password_of("101"), company.domain, proxy="", **place) as alice,
    ):
        alice.says("200 OK", 1.6 * PATIENCE_S)
