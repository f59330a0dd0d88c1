"""What a transfer may ask for, and what the leg that it makes shows: rules that need no phone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.routing.referring import GATEWAY, given, refers, request_of, rung_after
from tests.worlds.simulated import DOMAIN, SimulatedOffice, SimulatedPerson

from carillon.model.device import ha1_md5, ha1_sha256
from carillon.routing import indialog
from carillon.routing.decision import (
    Challenge,
    Decision,
    Follow,
    RemoveHeader,
    Reply,
    Ring,
    RingAs,
    SetBody,
    SetFrom,
    StripPrivate,
    Trunk,
)
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.request import Request, Source
from carillon.routing.transferred import name_shown
from carillon.sip.legid import is_leg_id
from carillon.sip.private import PrivateHeader
from carillon.sip.referto import ReferTo
from carillon.sip.uri import SipUri
from carillon.stores.ports import Account, Party, SiteProfile, TrunkProfile


def code(decision: Decision) -> int:
    """The code of a refusal."""
    assert isinstance(decision.outcome, Reply), decision.outcome
    return decision.outcome.code


def caller_shown(decision: Decision) -> SetFrom:
    """Who the next one is told calls."""
    return next(effect for effect in decision.effects if isinstance(effect, SetFrom))


def rung_as(decision: Decision) -> str:
    """What the call rings as."""
    return next(effect.origin for effect in decision.effects if isinstance(effect, RingAs))


def lives(office: SimulatedOffice, person: SimulatedPerson, **profile: object) -> None:
    """A person with this profile."""
    party = Party(person.extension, DOMAIN, person.name, **profile)  # type: ignore[arg-type] -- by name
    secret = (person.phone.username, DOMAIN, person.phone.password)
    account = Account(person.phone.username, DOMAIN, ha1_md5(*secret), ha1_sha256(*secret), party)
    office.engine.directory.add_account(account)


def test_asterisk_is_told_where_the_call_goes_and_sees_nothing_else() -> None:
    office = SimulatedOffice()
    decision = refers(office, office.alice, f'"Carol" <sip:103@{DOMAIN}>')
    headers = given(decision)
    assert decision.outcome == Follow(office.engine.node.gateways[0])
    assert headers["Refer-To"] == "<sip:transfer@127.0.0.1:5080>"
    assert headers[PrivateHeader.CALLED] == f"103@{DOMAIN}"
    assert headers[PrivateHeader.TRANSFERRED_BY] == f"101@{DOMAIN}"
    assert is_leg_id(office.engine.node.secrets, headers[PrivateHeader.LEG])
    for removed in (StripPrivate(), RemoveHeader("Refer-To"), RemoveHeader("Referred-By")):
        assert removed in decision.effects


def test_who_transfers_proves_who_he_is() -> None:
    office = SimulatedOffice()
    asked = request_of(office, office.alice, f"<sip:103@{DOMAIN}>")
    assert isinstance(office.engine.route(asked).outcome, Challenge)
    assert office.engine.reads["transfer"] == 0, "a stranger costs no read"


@pytest.mark.parametrize("to", [f"<sip:103@{DOMAIN}>", f"<sip:103@{DOMAIN}?Replaces=c>"])
def test_a_trunk_transfers_nobody(to: str) -> None:
    office = SimulatedOffice()
    trunk = TrunkProfile("line", DOMAIN, "10.77.0.21", 5060)
    assert code(office.engine.route(request_of(office, office.alice, to, source=Source.TRUNK, trunk=trunk))) == 403


def test_a_stores_silence_refuses_and_the_call_stays() -> None:
    office = SimulatedOffice()
    asked = request_of(office, office.alice, f"<sip:103@{DOMAIN}>")
    challenged = office.engine.route(asked).outcome
    assert isinstance(challenged, Challenge)
    credentials = office.alice.phone.responds(challenged.headers[-1][1], "REFER", str(GATEWAY))
    office.engine.directory.down = True
    assert code(office.engine.route(request_of(office, office.alice, *asked.refer_to, credentials=credentials))) == 503


@pytest.mark.parametrize(
    ("dialled", "expected"),
    [("199", 404), ("0999", 404), ("+33142685300", 403), ("090012345", 403), ("", 404)],
)
def test_what_a_call_would_be_refused_a_transfer_is(dialled: str, expected: int) -> None:
    office = SimulatedOffice()
    office.provider()
    office.allows(office.alice, "national")
    assert code(refers(office, office.alice, f"<{SipUri(dialled, DOMAIN)}>")) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], 400),
        (["tel:+3225551234"], 400),
        ([f"<sip:103@{DOMAIN}>"] * 2, 400),
        ([f"<sip:103@{DOMAIN};method=BYE>"], 403),
        (["<sip:103@example.org>"], 403),
        (["sip:103@evil.test"], 403),
    ],
)
def test_what_is_no_number_of_ours_is_refused(values: list[str], expected: int) -> None:
    office = SimulatedOffice()
    assert code(refers(office, office.alice, *values)) == expected


@pytest.mark.parametrize("dialled", ["025551234", "+32 2 555 12 34", "0032 2 555.12.34", "02%20555%2012%2034"])
def test_however_it_is_dialled_the_outbound_leg_gets_one_form(dialled: str) -> None:
    office = SimulatedOffice()
    office.provider()
    office.allows(office.alice, "national")
    headers = given(refers(office, office.alice, f"<sip:{dialled}@{DOMAIN}>"))
    assert headers[PrivateHeader.CALLED] == f"+3225551234@{DOMAIN}"
    assert headers[PrivateHeader.OUTSIDE] == "national"


def test_an_address_of_the_node_means_the_transferors_domain() -> None:
    office = SimulatedOffice()
    decision = refers(office, office.alice, "<sip:103@10.77.0.1;transport=udp>")
    assert given(decision)[PrivateHeader.CALLED] == f"103@{DOMAIN}"


def test_an_attended_transfer_goes_on_as_it_is() -> None:
    """Its target is a phone's own address, and no number is looked up."""
    office = SimulatedOffice()
    decision = refers(office, office.alice, "<sip:103@127.0.0.1:5080?Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2>")
    assert isinstance(decision.outcome, Follow)
    assert given(decision) == {}
    assert StripPrivate() in decision.effects


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<sip:103@a.test>", ReferTo(SipUri("103", "a.test"))),
        ("sip:103@a.test", ReferTo(SipUri("103", "a.test"))),
        ('"<sip:1@b>" <sip:103@a.test>;x=y', ReferTo(SipUri("103", "a.test"))),
        ("Carol <sips:103@a.test;method=INVITE>", ReferTo(SipUri("103", "a.test", scheme="sips"))),
        ("<sip:103@a.test?Subject=x&REPLACES=c>", ReferTo(SipUri("103", "a.test"), joins=True)),
        ("<sip:103@a.test;replaces=c>", ReferTo(SipUri("103", "a.test"), joins=True)),
        ("<sip:103@a.test;xreplaces=c>", ReferTo(SipUri("103", "a.test"))),
        ("<sip:103@a.test;method=bye>", ReferTo(SipUri("103", "a.test"), method="BYE")),
        ("<tel:+3225551234>", None),
        ("<sip:103@a.test", None),
        ("", None),
    ],
)
def test_refer_to_is_read(value: str, expected: ReferTo | None) -> None:
    assert ReferTo.parse(value) == expected


# --- the leg that it makes


def test_the_third_one_sees_who_is_transferred() -> None:
    office = SimulatedOffice()
    leg = rung_after(office, refers(office, office.alice, f"<sip:103@{DOMAIN}>"), office.bob)
    assert leg.outcome == Ring(f"103@{DOMAIN}", 60)
    assert caller_shown(leg) == SetFrom("Bob Dupont", f"sip:102@{DOMAIN}")
    assert rung_as(leg) == "internal"


def test_a_leg_without_our_seal_is_nobodys() -> None:
    office = SimulatedOffice()
    transfer = refers(office, office.alice, f"<sip:103@{DOMAIN}>")
    assert code(rung_after(office, transfer, office.bob, LEG="made-up")) == 403


@pytest.mark.parametrize(
    ("says", "name"),
    [
        ("486", "Recall (103 busy): Bob Dupont"),
        ("480", "Recall (103 no answer): Bob Dupont"),
        ("603", "Recall (103 declined): Bob Dupont"),
        ("404", "Recall (103 failed): Bob Dupont"),
        ("?", "Recall (103 failed): Bob Dupont"),
    ],
)
def test_a_recall_says_what_became_of_the_call(says: str, name: str) -> None:
    office = SimulatedOffice()
    transfer = refers(office, office.alice, f"<sip:103@{DOMAIN}>")
    recall = {"CALLED": f"101@{DOMAIN}", "TRANSFERRED_BY": None, "RECALL": f"{says} 103@{DOMAIN}"}
    leg = rung_after(office, transfer, office.bob, **recall)
    assert leg.outcome == Ring(f"101@{DOMAIN}", 60)
    assert caller_shown(leg).name == name
    assert rung_as(leg) == "recall"


def test_a_recall_of_somebody_outside_shows_his_number() -> None:
    office = SimulatedOffice()
    transfer = refers(office, office.alice, f"<sip:103@{DOMAIN}>")
    recall = {"CALLED": f"101@{DOMAIN}", "TRANSFERRED_BY": None, "RECALL": f"486 103@{DOMAIN}"}
    leg = rung_after(office, transfer, "+32475123456", **recall)
    assert caller_shown(leg) == SetFrom("Recall (103 busy): +32475123456", f"sip:+32475123456@{DOMAIN}")


def test_without_the_directory_asterisk_says_who_is_transferred() -> None:
    private = {PrivateHeader.RECALL: f"486 103@{DOMAIN}", PrivateHeader.CALLER: f"102@{DOMAIN}"}
    leg = replace(request_of(SimulatedOffice(), None), from_name="Bob", private=private)
    facts = Facts(0, NodeProfile(DOMAIN, ()), caller=UNKNOWN)
    assert name_shown(leg, facts) == "Recall (103 busy): Bob"
    assert name_shown(replace(leg, from_name=""), facts) == "Recall (103 busy): 102"


# --- and outside


def test_a_provider_is_told_who_speaks_if_he_is_one_of_ours() -> None:
    office = SimulatedOffice()
    office.provider()
    lives(office, office.alice, outside=frozenset({"national"}), caller_number="+3225550101")
    lives(office, office.bob, caller_number="+3225550102")
    transfer = refers(office, office.alice, f"<sip:025551234@{DOMAIN}>")
    leg = rung_after(office, transfer, office.bob)
    assert isinstance(leg.outcome, Trunk)
    assert leg.outcome.uri.startswith("sip:+3225551234@")
    assert caller_shown(leg) == SetFrom("Bob Dupont", "sip:+3225550102@provider.test")


def test_somebody_who_withholds_his_number_does_when_he_is_transferred() -> None:
    office = SimulatedOffice()
    office.provider()
    lives(office, office.alice, outside=frozenset({"national"}), caller_number="+3225550101")
    lives(office, office.bob, caller_number="+3225550102", withhold=True)
    leg = rung_after(office, refers(office, office.alice, f"<sip:025551234@{DOMAIN}>"), office.bob)
    assert caller_shown(leg).name == "Anonymous"


def test_for_somebody_from_outside_the_transferors_number_is_shown() -> None:
    office = SimulatedOffice()
    office.provider()
    lives(office, office.alice, outside=frozenset({"national"}), caller_number="+3225550101")
    leg = rung_after(office, refers(office, office.alice, f"<sip:025551234@{DOMAIN}>"), "+32475123456")
    assert caller_shown(leg) == SetFrom("", "sip:+3225550101@provider.test")


def test_a_call_for_help_says_where_who_speaks_is() -> None:
    office = SimulatedOffice()
    office.provider()
    lives(office, office.bob, withhold=True, site=SiteProfile("paris", "FR", emergency_caller="+33142685300"))
    leg = rung_after(office, refers(office, office.alice, f"<sip:112@{DOMAIN}>"), office.bob)
    assert caller_shown(leg) == SetFrom("Bob Dupont", "sip:+33142685300@provider.test")


@pytest.mark.parametrize(("fragment", "told"), [
    (
        "SIP/2.0 404 Not Found\r\n",
        "SIP/2.0 404 No Such Call\r\n"
        f'Warning: 399 {DOMAIN} "The call to transfer into is over, or is not known here"\r\n',
    ),
    ("SIP/2.0 200 OK\r\n", ""),
    ("SIP/2.0 486 Busy Here\r\n", ""),
    ("", ""),
    ("SIP/2.0 4040\r\n", ""),
])  # fmt: skip
def test_who_transfers_into_a_call_that_is_not_there_reads_so(fragment: str, told: str) -> None:
    phone = SipUri("alice", "192.0.2.1", 5070)
    notice = Request(
        *("NOTIFY", phone, SipUri("102", DOMAIN), SipUri("101", DOMAIN), "talk", Source.GATEWAY),
        from_tag="f", to_tag="t", fragment=fragment,
    )  # fmt: skip
    decision = indialog.decide(notice, Facts(0.0, NodeProfile(DOMAIN, ())))
    assert [each.body for each in decision.effects if isinstance(each, SetBody)] == ([told] if told else [])
    assert isinstance(decision.outcome, Follow)
