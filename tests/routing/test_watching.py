"""Who may watch and publish what: the rules, without any engine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carillon.routing import publish, subscribe, unanswered, watched
from carillon.routing.admission import authenticated
from carillon.routing.chain import decide_by
from carillon.routing.decision import (
    AddHeader,
    CountMessage,
    Decision,
    Follow,
    MarkWatched,
    Pass,
    RemoveHeader,
    Reply,
    StripPrivate,
    Submit,
)
from carillon.routing.entrance import PUBLISH, SERVICE, SUBSCRIBE, route_of
from carillon.routing.facts import UNKNOWN, Facts, Gateway, NodeProfile
from carillon.routing.request import Request, Source
from carillon.sip.dialogproof import proof
from carillon.sip.digest import Credentials
from carillon.sip.private import PrivateHeader
from carillon.sip.seal import Secrets
from carillon.sip.uri import SipUri
from carillon.stores.ports import Account, DomainProfile, Party

HOME = "example.org"
SERVER = Gateway("127.0.0.1", 5070)
NODE = NodeProfile(HOME, (Gateway("127.0.0.1", 5080),), frozenset({"10.77.0.1"}), Secrets(b"s" * 32), presence=SERVER)
ALICE, BOB = Party("101", HOME, "Alice"), Party("102", HOME, "Bob")
ACCOUNT = Account("alice-desk", HOME, "0" * 32, "0" * 64, ALICE)
FACTS = Facts(1_800_000_000.0, NODE, {HOME: DomainProfile(HOME)}, ACCOUNT, BOB)
ME = SipUri("101", HOME)
PROOF = Credentials("alice-desk", HOME, "n", "u", "r", "MD5", "auth", "1", "c")
TO_BOB = SipUri("102", HOME)
WATCH = Request("SUBSCRIBE", TO_BOB, ME, TO_BOB, "c", from_tag="f", event="presence", credentials=PROOF)
SAY = Request("PUBLISH", ME, ME, ME, "c", from_tag="f", event="presence")


def watching(request: Request, facts: Facts = FACTS) -> Decision:
    """What becomes of a SUBSCRIBE whose sender has proved who he is."""
    return decide_by([rule for rule in subscribe.RULES if rule is not authenticated], request, facts)


def publishing(request: Request) -> Decision:
    """What becomes of a PUBLISH whose sender has proved who he is."""
    return decide_by([rule for rule in publish.RULES if rule is not authenticated], request, FACTS)


def code(decision: Decision) -> int:
    """The answer."""
    assert isinstance(decision.outcome, Reply), decision
    return decision.outcome.code


@pytest.mark.parametrize("event", ["presence", "dialog"])
def test_a_colleague_is_watched_under_his_one_address(event: str) -> None:
    numbered = replace(WATCH, uri=SipUri("+3225551234", HOME), event=event)
    decision = watching(numbered)
    assert decision.outcome == Submit(BOB.aor, SERVER)
    assert MarkWatched(BOB.aor, "101") in decision.effects


def test_a_device_that_floods_is_slowed_down_and_a_panel_is_not() -> None:
    panel = watching(WATCH, replace(FACTS, messages_sent=200))
    assert panel.outcome == Submit(BOB.aor, SERVER)
    assert CountMessage(f"SUBSCRIBE alice-desk@{HOME}") in panel.effects
    flood = watching(WATCH, replace(FACTS, messages_sent=subscribe.MOST))
    assert code(flood) == 503
    assert isinstance(flood.outcome, Reply)
    assert ("Retry-After", "10") in flood.outcome.headers


def test_silence_of_the_presence_server_is_no_timeout_of_the_phone() -> None:
    silent = unanswered.decide(timed_out=True)
    assert code(silent) == 503
    assert silent.outcome == Reply(503, "Service Unavailable", (("Retry-After", "5"),))
    assert unanswered.decide(timed_out=False).outcome == Pass()


@pytest.mark.parametrize("name", ["101", "alice-desk"])
def test_who_watches_says_who_he_is(name: str) -> None:
    assert isinstance(watching(replace(WATCH, from_uri=SipUri(name, HOME))).outcome, Submit)
    assert code(watching(replace(WATCH, from_uri=SipUri("103", HOME)))) == 403


def test_nobody_of_another_domain_is_watched() -> None:
    assert code(watching(WATCH, replace(FACTS, callee=Party("102", "other.org", "Bea")))) == 404
    assert code(watching(WATCH, replace(FACTS, callee=None))) == 404


@pytest.mark.parametrize("event", ["presence.winfo", "message-summary", "reg"])
def test_only_oneself_is_told_who_watches_and_what_waits(event: str) -> None:
    asked = replace(WATCH, event=event)
    assert code(watching(asked)) == 403
    assert isinstance(watching(asked, replace(FACTS, callee=ALICE)).outcome, Submit)


def test_an_event_that_is_not_served_is_refused_with_those_that_are() -> None:
    refused = watching(replace(WATCH, event="conference"))
    assert code(refused) == 489
    assert isinstance(refused.outcome, Reply)
    served = "presence, dialog, message-summary, presence.winfo, reg, as-feature-event"
    assert dict(refused.outcome.headers)["Allow-Events"] == served


TO_DESK = replace(WATCH, uri=SipUri("desk", HOME), to_uri=SipUri("desk", HOME), event="dialog")
READS_LISTS = frozenset({"eventlist"})
PANEL = replace(FACTS, callee=None, panel=f"desk@{HOME}")


def test_a_panel_is_watched_by_one_look_up_under_its_own_address() -> None:
    asked = subscribe.ask(TO_DESK, NODE)
    assert (asked.panel, asked.directory_reads) == ((HOME, "desk"), 1)
    decision = watching(replace(TO_DESK, supported=READS_LISTS), PANEL)
    assert decision.outcome == Submit(f"desk@{HOME}", SERVER)
    assert MarkWatched(f"desk@{HOME}", "101") in decision.effects


def test_a_panel_is_for_phones_that_read_lists() -> None:
    refused = watching(TO_DESK, PANEL)
    assert refused.outcome == Reply(421, "Extension Required", (("Require", "eventlist"),))
    assert isinstance(watching(replace(TO_DESK, required=READS_LISTS), PANEL).outcome, Submit)
    mark = proof(NODE.secrets, "c", "f")
    refresh = replace(TO_DESK, uri=SipUri("", SERVER.address, SERVER.port), to_tag="t", dialog_proof=mark)
    assert watching(refresh, PANEL).outcome == Follow(SERVER)


def test_what_a_panel_shows_not_is_refused_with_what_it_does() -> None:
    refused = watching(replace(TO_DESK, event="message-summary", supported=READS_LISTS), PANEL)
    assert refused.outcome == Reply(489, "Bad Event", (("Allow-Events", "dialog, presence"),))


def test_a_panel_that_is_not_there_or_of_others_is_not_found() -> None:
    asked = replace(TO_DESK, supported=READS_LISTS)
    assert code(watching(asked, replace(PANEL, panel=None))) == 404
    assert code(watching(asked, replace(PANEL, panel="desk@other.org"))) == 404
    assert code(watching(asked, replace(PANEL, panel=UNKNOWN))) == 503


@pytest.mark.parametrize("request_", [WATCH, TO_DESK], ids=["person", "panel"])
def test_an_extension_that_nobody_knows_is_refused_by_name(request_: Request) -> None:
    refused = watching(replace(request_, required=frozenset({"eventlist", "teleport"})), PANEL)
    assert refused.outcome == Reply(420, "Bad Extension", (("Unsupported", "teleport"),))


def test_keys_of_ones_own_phone_go_by_another_name_and_with_ones_address() -> None:
    """What they set is for whom the rules have found, whatever the body says."""
    asked = replace(WATCH, uri=ME, to_uri=ME, event="as-feature-event")
    own = replace(FACTS, callee=ALICE)
    begun = watching(asked, own)
    assert begun.outcome == Submit(ALICE.aor, SERVER)
    carried = (
        RemoveHeader("Event"),
        AddHeader("Event", "ua-profile"),
        AddHeader(PrivateHeader.CALLED, ALICE.aor),
    )
    where = begun.effects.index(StripPrivate())
    assert begun.effects[where + 1 : where + 4] == carried
    assert code(watching(replace(asked, uri=TO_BOB, to_uri=TO_BOB))) == 403


def test_without_the_directory_nobody_is_told_anything() -> None:
    assert code(watching(WATCH, replace(FACTS, callee=UNKNOWN))) == 503


def test_a_refresh_is_followed_and_checked_anew() -> None:
    mark = proof(NODE.secrets, "c", "f")
    refresh = replace(WATCH, uri=SipUri("", SERVER.address, SERVER.port), to_tag="t", dialog_proof=mark)
    assert route_of(refresh, NODE) is SUBSCRIBE
    assert subscribe.ask(replace(refresh, credentials=None), NODE).callee is None, "a stranger costs no look-up"
    assert watching(refresh).outcome == Follow(SERVER)
    assert code(watching(refresh, replace(FACTS, callee=None))) == 404


def test_a_refresh_of_nothing_begins_nothing() -> None:
    assert code(watching(replace(WATCH, to_tag="t"))) == 481


def test_a_subscription_of_a_former_secret_is_begun_anew() -> None:
    """Long before the former one is forgotten: no lamp stands still then."""
    renewed = replace(NODE, secrets=Secrets(b"n" * 32, (NODE.secrets.current,)))
    mark = proof(NODE.secrets, "c", "f")
    refresh = replace(WATCH, uri=SipUri("", SERVER.address, SERVER.port), to_tag="t", dialog_proof=mark)
    assert code(watching(refresh, replace(FACTS, node=renewed))) == 481
    mark = proof(renewed.secrets, "c", "f")
    assert watching(replace(refresh, dialog_proof=mark), replace(FACTS, node=renewed)).outcome == Follow(SERVER)


def test_everybody_speaks_for_himself() -> None:
    assert publishing(SAY).outcome == Submit(ALICE.aor, SERVER)
    assert code(publishing(replace(SAY, uri=SipUri("102", HOME)))) == 403
    assert code(publishing(replace(SAY, from_uri=SipUri("102", HOME)))) == 403
    assert code(publishing(replace(SAY, event="dialog"))) == 489


def test_a_publication_that_requires_what_nobody_knows_is_refused_by_name() -> None:
    refused = publishing(replace(SAY, required=frozenset({"teleport"})))
    assert refused.outcome == Reply(420, "Bad Extension", (("Unsupported", "teleport"),))


def test_a_trunk_neither_watches_nor_publishes() -> None:
    for request, route in ((WATCH, SUBSCRIBE), (SAY, PUBLISH)):
        assert route_of(request, NODE) is route
        assert route_of(replace(request, source=Source.TRUNK), NODE) is SERVICE


def test_whom_a_subscription_is_about_rides_in_its_route() -> None:
    route = f"<sip:10.77.0.1;lr;proof=abc{watched.parameter('102@example.org')};r2=on>"
    assert watched.watch_in(route)[0] == "102@example.org"
    assert watched.watch_in("<sip:10.77.0.1;lr;proof=abc>") == ("", "")
