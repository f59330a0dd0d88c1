"""A stranger is asked for a password, whatever he asks, and nothing that he sends reaches a phone."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.live.talking import got_nothing

pytestmark = pytest.mark.engines

ENDS_HERE = ["REGISTER", "SUBSCRIBE", "PUBLISH", "OPTIONS"]
ON_THE_WAY = ["INVITE", "MESSAGE", "REFER", "BYE", "INFO", "UPDATE", "PRACK", "NOTIFY", "FOO"]
US = "sip:10.77.0.1;lr"
MADE_UP = [US, f"{US};proof=0123456789abcdef01234567", f"{US};proof=", f"{US};ftag=x;proof={'f' * 24}"]


@pytest.mark.parametrize("method", ENDS_HERE + ON_THE_WAY)
@pytest.mark.parametrize("user", ["102", "199", ""])
def test_whatever_a_stranger_asks(company: Company, method: str, user: str) -> None:
    stranger = company.raw("666", password="guess")
    uri = company.uri(user) if user else f"sip:{company.domain}"
    expected = 401 if method in ENDS_HERE else 407
    request = stranger.request(method, uri)
    assert stranger.exchange(request).code == expected
    assert stranger.authenticated(stranger.request(method, uri)).code == expected


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "MESSAGE", "BYE", "REFER"])
@pytest.mark.parametrize("uri", ["sip:102@elsewhere.test", "sip:10.77.0.1", "sip:102@10.77.0.1", "sips:102@10.77.0.1"])
def test_other_domains_are_no_way_in(company: Company, method: str, uri: str) -> None:
    stranger = company.raw("666", domain="elsewhere.test", password="guess")
    assert stranger.exchange(stranger.request(method, uri)).code in (401, 407)


@pytest.mark.parametrize("route", MADE_UP)
@pytest.mark.parametrize("method", ["INVITE", "BYE", "INFO", "MESSAGE", "REFER", "NOTIFY"])
def test_a_route_to_us_is_no_open_relay(company: Company, method: str, route: str) -> None:
    bob, stranger = company.registered("102"), company.raw("666", password="guess")
    request = stranger.request(method, bob.contact, to=f"<{company.uri('102')}>;tag=x", routes=[route])
    assert stranger.exchange(request).code == 407
    assert got_nothing(bob, company.raw("101"))


@pytest.mark.parametrize("route", MADE_UP)
def test_a_list_of_routes_is_no_open_relay(company: Company, route: str) -> None:
    bob, stranger = company.registered("102"), company.raw("666", password="guess")
    further = f"{bob.contact};lr"
    for to in (f"<{company.uri('102')}>;tag=x", f"<{company.uri('102')}>"):
        request = stranger.request("INVITE", company.uri("102"), to=to, routes=[route, further])
        assert stranger.exchange(request).code == 407
    assert got_nothing(bob, company.raw("101"))


@pytest.mark.parametrize("route", [[], *([each] for each in MADE_UP)])
def test_a_stray_ack_gets_no_answer_and_goes_nowhere(company: Company, route: list[str]) -> None:
    bob, stranger = company.registered("102"), company.raw("666", password="guess")
    stranger.send(stranger.request("ACK", bob.contact, to=f"<{company.uri('102')}>;tag=x", routes=route))
    stranger.send(stranger.request("ACK", company.uri("102"), routes=route))
    stranger.exchange(stranger.request("OPTIONS", f"sip:{company.domain}"))
    assert got_nothing(bob, company.raw("101"))
    assert [each.method for each in stranger.seen] == ["OPTIONS"]


def test_a_cancel_of_nothing(company: Company) -> None:
    bob, stranger = company.registered("102"), company.raw("666", password="guess")
    assert stranger.exchange(stranger.request("CANCEL", company.uri("102"))).code == 481
    assert stranger.exchange(stranger.request("CANCEL", bob.contact, routes=[US])).code == 481
    assert got_nothing(bob, company.raw("101"))


def test_a_person_who_is_known_gets_answers(company: Company) -> None:
    """What the challenge is for: the same questions with the right password."""
    alice = company.raw("101")
    ours = f"sip:{company.domain}"
    assert alice.authenticated(alice.request("OPTIONS", ours)).code == 200
    assert alice.authenticated(alice.request("SUBSCRIBE", company.uri("102"))).code == 489
    assert alice.authenticated(alice.request("MESSAGE", company.uri("102"))).code == 202
    assert alice.authenticated(alice.request("FOO", ours)).code == 501
    assert alice.authenticated(alice.request("BYE", company.uri("102"))).code == 481
    assert alice.authenticated(alice.request("INVITE", company.uri("199"))).code == 404


def test_a_person_of_another_company_calls_nobody_here(company: Company) -> None:
    elsewhere = company.neighbour()
    alice, bob = company.raw("101"), elsewhere.registered("102")
    assert alice.authenticated(alice.invite(f"sip:102@{elsewhere.domain}")).code in (404, 407)
    assert alice.authenticated(alice.invite(bob.contact)).code in (404, 407)
    assert got_nothing(bob, elsewhere.raw("101"))
