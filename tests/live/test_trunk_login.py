"""A provider that wants us to register, and asks for a password on every call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final
from tests.live.test_dies_ringing import dies, gives_up
from tests.phones.digest import Login
from tests.phones.message import Message
from tests.phones.raw import RawAgent
from tests.supervision.installation import until
from tests.worlds.building import PORT, PROVIDERS, Building

pytestmark = pytest.mark.engines
USER, PASSWORD = "line-4711", "of the line"
HOST = "prov1"
SHORT_S = 20
"""A short registration: seconds."""

CHALLENGE = 'Digest realm="provider.test", nonce="n0nce", qop="auth", algorithm={}'


@pytest.fixture
def provider(building: Building, company: Company) -> Iterator[RawAgent]:
    """A provider at an address of its own; our trunk there registers."""
    network = building.network
    where = {"namespace": network.namespace(HOST), "address": PROVIDERS[HOST], "port": PORT}
    with RawAgent("provider", "provider.test", proxy=f"10.77.0.1:{PORT}", **where) as provider:
        building.adds_trunk(company.domain, "line", PROVIDERS[HOST], 1, USER, PASSWORD)
        yield provider
        building.removes_trunk(company.domain, "line")


def asks(provider: RawAgent, request: Message, header: str, algorithm: str = "MD5") -> Message:
    """Challenge a request, and give the one that comes back with credentials."""
    code = 401 if header == "WWW-Authenticate" else 407
    provider.respond(request, code, headers=[(header, CHALLENGE.format(algorithm))])

    def answered(each: Message) -> bool:
        name = "Authorization" if code == 401 else "Proxy-Authorization"
        return each.header("Call-ID") == request.header("Call-ID") and each.header(name) is not None

    return provider.await_message(answered, 8, "credentials")


def registers(provider: RawAgent, domain: str) -> Message:
    """See the REGISTER of this domain's trunk through; that of an earlier test may still be saying goodbye."""
    first = provider.await_message(lambda m: m.method == "REGISTER" and domain in m.text, 10, "REGISTER")
    request = asks(provider, first, "WWW-Authenticate")
    provider.respond(request, 200, headers=[("Contact", f"{request.header('Contact')};expires=300")])
    return request


def test_we_register_and_show_where_we_are(provider: RawAgent, company: Company) -> None:
    request = registers(provider, company.domain)
    assert f"sip:line.{company.domain}@10.77.0.1:5060" in (request.header("Contact") or "")
    assert f'username="{USER}"' in (request.header("Authorization") or "")
    assert PASSWORD not in request.text


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_call_is_answered_after_a_challenge(provider: RawAgent, company: Company, algorithm: str) -> None:
    registers(provider, company.domain)
    company.building.allows(company.domain, "101", ("national",))
    alice = company.phone("101")
    call = alice.dial("025551234")
    invite = provider.await_message(lambda m: m.method == "INVITE", 8, "INVITE")
    again = asks(provider, invite, "Proxy-Authenticate", algorithm)
    expected = Login(USER, PASSWORD)
    assert expected.user in (again.header("Proxy-Authorization") or "")
    provider.respond(again, 180)
    provider.respond(again, 486)
    assert call.wait_ended().code == 486


def test_a_password_that_the_provider_refuses_is_our_trouble(provider: RawAgent, company: Company) -> None:
    registers(provider, company.domain)
    company.building.allows(company.domain, "101", ("national",))
    call = company.phone("101").dial("025551234")
    invite = provider.await_message(lambda m: m.method == "INVITE", 8, "INVITE")
    again = asks(provider, invite, "Proxy-Authenticate")
    provider.respond(again, 407, headers=[("Proxy-Authenticate", CHALLENGE.format("MD5"))])
    ended = call.wait_ended()
    assert ended.code == 500
    assert "does not accept our password" in (ended.header("Warning") or "")


def test_what_the_provider_says_of_our_registration_is_shown(provider: RawAgent, company: Company) -> None:
    request = provider.await_message(lambda m: m.method == "REGISTER" and company.domain in m.text, 10, "REGISTER")
    provider.respond(request, 403)
    until(lambda: shown(company) == "refused: 403", "the refusal is shown")
    again = provider.await_message(lambda m: m.method == "REGISTER" and company.domain in m.text, 40, "REGISTER")
    provider.respond(again, 200, headers=[("Contact", f"{again.header('Contact')};expires=300")])
    until(lambda: shown(company) == "registered", "the registration is shown")


def test_our_registration_is_refreshed_before_it_ends(provider: RawAgent, company: Company) -> None:
    first = provider.await_message(lambda m: m.method == "REGISTER" and company.domain in m.text, 10, "REGISTER")
    provider.respond(first, 200, headers=[("Contact", f"{first.header('Contact')};expires={SHORT_S}")])
    until(lambda: shown(company) == "registered", "the registration is shown")
    again = provider.await_message(lambda m: m.method == "REGISTER" and company.domain in m.text, SHORT_S, "refresh")
    assert again.header("Contact") == first.header("Contact")
    assert again.header("Call-ID") == first.header("Call-ID")  # one registration, not a second (RFC 3261 §10.2.4)


@pytest.mark.parametrize("challenged", [False, True], ids=["at once", "after a challenge"])
def test_who_gives_up_after_kamailio_died_stops_the_phone_outside(
    provider: RawAgent, company: Company, challenged: bool
) -> None:
    """Its CANCEL carries the branch by which the provider knows the call (RFC 3261 §9.1)."""
    registers(provider, company.domain)
    company.building.allows(company.domain, "101", ("national",))
    alice = company.registered("101")
    invite = calls(alice, company.uri("025551234"))
    ringing = provider.await_message(lambda m: m.method == "INVITE", 30, "INVITE")
    ringing = asks(provider, ringing, "Proxy-Authenticate") if challenged else ringing
    provider.respond(ringing, 180)
    alice.await_message(lambda each: each.code == 180, 30, "180")
    with company.building.redis() as redis:
        places = redis.lrange(f"leaving:{ringing.header('Call-ID')}", 0, -1)
        assert len(cast("list[bytes]", places)) == (2 if challenged else 1), places
    dies(company)
    gives_up(alice, invite)
    assert final(alice, invite).code == 487
    branch = (ringing.header("Via") or "").partition(",")[0]
    cancel = provider.await_message(
        lambda m: m.method == "CANCEL" and (m.header("Via") or "").partition(",")[0] == branch, 30, "CANCEL"
    )
    assert cancel.uri == ringing.uri
    provider.respond(cancel, 200)
    provider.respond(ringing, 487)


def shown(company: Company) -> str:
    """What `carillon trunk show` says of our registration."""
    return str(company.building.trunk(company.domain, "line")["registration"])


def test_a_call_for_our_contact_reaches_the_main_number(provider: RawAgent, company: Company) -> None:
    register = registers(provider, company.domain)
    company.building.numbers(company.domain, "+3225550100", "102")
    bob = company.phone("102")
    contact = (register.header("Contact") or "").partition("<")[2].partition(">")[0]
    provider.send(provider.invite(contact))
    assert bob.incoming().invite.method == "INVITE"
