"""With which ring phones ring, rule by rule; and how long each of several steps of phones rings."""

from __future__ import annotations

import re

import pytest
from tests.worlds.simulated import DOMAIN, SimulatedOffice

from carillon.model.dialect import DIALECTS, MOST, OTHER, dialect_numbered, dialect_of
from carillon.model.ring import RingOrigin, default_ring
from carillon.routing.entrance import OUTBOUND
from carillon.routing.facts import UNKNOWN, Facts, FailureFacts
from carillon.routing.forking import LEAST_S, next_phones, step_s
from carillon.routing.memo import Leg, Memo
from carillon.routing.progress import Diverted, Progress
from carillon.routing.request import Request, Source
from carillon.routing.ringing import origins_of, ring_of, rung_as
from carillon.sip.legid import make_leg_id
from carillon.sip.private import PrivateHeader
from carillon.sip.seal import Secrets
from carillon.sip.uri import SipUri

BOB = SipUri("102", DOMAIN)


def from_asterisk(progress: Progress | None = None, **private: str) -> Request:
    """An INVITE of Asterisk to Bob."""
    headers = {PrivateHeader.LEG: make_leg_id(Secrets(b"s" * 32), "a"), PrivateHeader.CALLER: f"101@{DOMAIN}"}
    headers |= {PrivateHeader[name]: value for name, value in private.items()}
    return Request("INVITE", BOB, BOB, BOB, "c", Source.GATEWAY, private=headers, progress=progress)


def facts(office: SimulatedOffice, request: Request) -> Facts:
    return office.engine._facts(OUTBOUND.ask(request, office.engine.node), request)


@pytest.mark.parametrize(
    ("user_agent", "dialect"),
    [
        ("Yealink SIP-T46S 66.86.0.15", "yealink"),
        ("snomD785/10.1.184.15", "snom"),
        ("PolycomVVX-VVX_411-UA/5.9.5.0614", "polycom"),
        ("PolyEdge-Edge_E350-UA/8.1.1", "polycom"),
        ("Cisco-CP-8841-3PCC/11.3.6", "cisco"),
        ("Cisco/SPA504G-7.6.2c", "cisco"),
        ("Linksys/SPA942-6.1.5(a)", "cisco"),
        ("Grandstream GRP2614 1.0.9.58", "grandstream"),
        ("N510 IP PRO/42.258.00.000.000;7C2F80AABBCC", "gigaset"),
        ("Gigaset N870 IP PRO/83.00.00.000.000;7c2f80aabbcc;loc=1", "gigaset"),
        ("Fanvil X4U 2.12.1", "fanvil"),
        ("Panasonic_KX-HDV330/08.001 (0080f0aabbcc)", "panasonic"),
        ("Aastra 6731i/3.3.1.4358", "mitel"),
        ("Mitel 6867i/5.1.0", "mitel"),
        ("Htek UC902 V2.0.4", "htek"),
        ("Linphone/5.2.3 (Debian)", "others"),
        ("Not a Yealink", "others"),
        ("", "others"),
        ("\x00" * 500, "others"),
    ],
)
def test_a_dialect_is_known_by_the_user_agent(user_agent: str, dialect: str) -> None:
    assert dialect_of(user_agent).name == dialect


def test_a_registration_keeps_the_number_of_a_dialect() -> None:
    numbers = [dialect.number for dialect in (OTHER, *DIALECTS)]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) <= MOST
    assert all(dialect_numbered(dialect.number) is dialect for dialect in DIALECTS)
    assert dialect_numbered(MOST) is OTHER


def test_what_is_more_special_comes_first() -> None:
    sent_on = Progress(by=(Diverted(f"103@{DOMAIN}", "busy"),))
    request = from_asterisk(sent_on, RECALL=f"486 103@{DOMAIN}", GROUP="sales", ORIGIN="external")
    assert origins_of(request) == ("recall", "group", "forwarded", "external")
    assert origins_of(from_asterisk(ORIGIN="internal")) == ("internal",)


def test_a_call_for_a_group_rings_as_such() -> None:
    office = SimulatedOffice()
    request = from_asterisk(GROUP="sales")
    assert rung_as(request, facts(office, request)).fact == "group"


def test_a_queues_call_can_ring_as_nothing_special() -> None:
    office = SimulatedOffice()
    request = from_asterisk(NO_RINGS="yes", ORIGIN="external")
    verdict = rung_as(request, facts(office, request))
    assert verdict.effects == ()
    assert verdict.fact == "the call says so"


def test_a_ring_that_is_switched_off_leaves_what_the_call_is_besides() -> None:
    office = SimulatedOffice()
    office.chooses_ring("group", enabled=False)
    request = from_asterisk(GROUP="sales", ORIGIN="external")
    assert rung_as(request, facts(office, request)).fact == "external"


def test_a_directory_that_does_not_answer_leaves_the_default() -> None:
    office = SimulatedOffice()
    unknown = Facts(0, office.engine.node, rings=UNKNOWN)
    default = default_ring(DOMAIN, RingOrigin.EXTERNAL)
    assert ring_of(DOMAIN, RingOrigin.EXTERNAL, unknown).text == default.text


@pytest.mark.parametrize("origin", RingOrigin)
def test_the_default_urns_are_as_rfc_7462_writes_them(origin: RingOrigin) -> None:
    assert re.fullmatch(r"urn:alert:[a-z]+(:[a-z-]+)+(@[a-z0-9.-]+)?", default_ring(DOMAIN, origin).urn)


# --- one step after the other


@pytest.mark.parametrize(
    ("left", "later", "step"), [(60, 0, 60), (60, 1, 20), (30, 1, 15), (60, 5, 10), (10, 2, 3), (1, 3, 1), (300, 2, 20)]
)
def test_steps_share_the_ringing_time(left: int, later: int, step: int) -> None:
    assert step_s(left, later) == step


def after(failure: FailureFacts) -> str:
    memo = Memo(Leg.OUTBOUND, "leg", f"102@{DOMAIN}", "Bob Dupont", ring_until=1060)
    return next_phones(memo, failure).word


@pytest.mark.parametrize("code", [404, 408, 480, 486, 488, 500])
def test_the_next_phones_ring_after_a_failure(code: int) -> None:
    assert after(FailureFacts(code, phones_later=1, now=1010)) == "ring next"


@pytest.mark.parametrize("code", [302, 600, 603, 604, 606])
def test_what_is_said_for_all_ends_the_search(code: int) -> None:
    assert after(FailureFacts(code, phones_later=1, now=1010)) == "passed"


def test_the_search_ends_with_the_ringing_time() -> None:
    assert after(FailureFacts(408, timed_out=True, phones_later=1, now=1060 - LEAST_S + 1)) == "passed"
    assert after(FailureFacts(408, timed_out=True, phones_later=0, now=1010)) == "skipped"


def test_the_memo_keeps_when_ringing_ends() -> None:
    memo = Memo(Leg.OUTBOUND, "leg", f"102@{DOMAIN}", "Bob Dupont", ring_until=1_800_000_060)
    assert Memo.parse(str(memo)) == memo
