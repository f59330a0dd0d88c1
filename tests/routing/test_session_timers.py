"""Session timers (RFC 4028): what a proxy may change, and what nobody can read."""

from __future__ import annotations

import pytest
from tests.worlds.simulated import DOMAIN

from carillon.routing import replies
from carillon.routing.chain import Verdict
from carillon.routing.decision import AddHeader, MarkTimer, RemoveHeader, Reply, RewriteReply
from carillon.routing.facts import Facts, NodeProfile, ReplyFacts
from carillon.routing.memo import Leg, Memo
from carillon.routing.request import Request, Source
from carillon.routing.sessiontimer import fitted, still_timed, timed
from carillon.sip.sessiontimer import Timing
from carillon.sip.uri import SipUri
from carillon.stores.ports import DomainProfile

NODE = NodeProfile(DOMAIN, ())
URI = SipUri("102", DOMAIN)


def interval(verdict: Verdict) -> str:
    """What Session-Expires says afterwards; "" for what it said before."""
    added = [each.value for each in verdict.effects if isinstance(each, AddHeader) and each.name == "Session-Expires"]
    return added[0] if added else ""


def refused(verdict: Verdict) -> int:
    """The code of the answer, 0 if the call goes on."""
    return verdict.outcome.code if isinstance(verdict.outcome, Reply) else 0


@pytest.mark.parametrize(
    ("asked", "least", "after"),
    [
        ("", "", "600"),
        ("", "3600", "3600"),
        ("300", "", ""),
        ("1800;refresher=uac", "", "600;refresher=uac"),
        ("1800 ; refresher = UAS", "90", "600;refresher=uas"),
        ("1800", "900", "900"),
        ("600", "", ""),
        ("700;x=y", "700", ""),
        ("4294967295", "", "600"),
    ],
)
def test_the_domain_sets_the_interval_but_for_the_phones_minimum(asked: str, least: str, after: str) -> None:
    assert interval(fitted(Timing(asked, least, supported=True), 600, DOMAIN)) == after


def test_a_phone_whose_interval_is_too_small_is_told_the_smallest() -> None:
    verdict = fitted(Timing("89", "", supported=True), 1800, DOMAIN)
    assert verdict.outcome == Reply(422, "Session Interval Too Small", (("Min-SE", "90"),))


def test_a_phone_that_could_not_ask_again_gets_the_smallest_interval() -> None:
    verdict = fitted(Timing("30", "30"), 1800, DOMAIN)
    assert interval(verdict) == "90"
    assert AddHeader("Min-SE", "90") in verdict.effects


@pytest.mark.parametrize(
    "word", ["garbage", "-1", "1.5", "1800;refresher=nobody", "1800;refresher=uac;refresher=uas", "4294967296",
             "1800,1800", "٩٠", "90 90"],
)  # fmt: skip
def test_an_interval_that_nobody_can_read(word: str) -> None:
    verdict = fitted(Timing(word), 1800, DOMAIN)
    assert refused(verdict) == 400
    assert "Session-Expires cannot be read" in dict(verdict.outcome.headers)["Warning"]  # type: ignore[union-attr]


@pytest.mark.parametrize("word", ["garbage", "-90", "90,90", "86401"])
def test_a_minimum_that_nobody_can_read_or_keep(word: str) -> None:
    assert refused(fitted(Timing("1800", word), 1800, DOMAIN)) == 400


def test_a_call_knows_its_domains_interval() -> None:
    request = Request("INVITE", URI, URI, URI, "c", source=Source.GATEWAY, timing=Timing("1800", "90", supported=True))
    facts = Facts(0.0, NODE, domains={DOMAIN: DomainProfile(DOMAIN, session_timer_s=90)})
    verdict = timed(request, facts)
    assert interval(verdict) == "90"
    assert MarkTimer(90) in verdict.effects


@pytest.mark.parametrize(("limit", "after"), [(90, "90"), (0, "1800")])
def test_a_change_within_a_call_never_goes_without_its_interval(limit: int, after: str) -> None:
    request = Request("INVITE", URI, URI, URI, "c", to_tag="t", timing=Timing(), longest_timer_s=limit)
    assert interval(still_timed(request, Facts(0.0, NODE))) == after


def test_a_refresh_keeps_the_interval_that_was_agreed() -> None:
    request = Request("UPDATE", URI, URI, URI, "c", to_tag="t", timing=Timing("1200;refresher=uac", "90"))
    assert still_timed(request, Facts(0.0, NODE)).effects == ()


def test_asterisk_is_told_of_an_interval_that_the_phone_does_not_know() -> None:
    decision = replies.decide(Memo(Leg.OUTBOUND, "l"), ReplyFacts(200, "OK", longest_timer_s=90))
    assert AddHeader("Session-Expires", "90;refresher=uac") in decision.effects
    assert AddHeader("Require", "timer") in decision.effects


def test_what_asterisk_could_not_read_is_taken_out_of_an_answer() -> None:
    decision = replies.decide(Memo(Leg.OUTBOUND, "l"), ReplyFacts(200, "OK", session_expires="soon"))
    assert RemoveHeader("Session-Expires") in decision.effects
    decision = replies.decide(Memo(Leg.OUTBOUND, "l"), ReplyFacts(422, "Too Small", min_se="much"))
    assert RewriteReply(500, "Server Internal Error") in decision.effects
