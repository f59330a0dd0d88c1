"""Watching presence: who is told what, by SUBSCRIBE and NOTIFY; and what phones publish."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
from contextlib import closing

import pytest
from tests.live.company import Company
from tests.live.talking import a_call_works, calls, final, hangs_up, talk
from tests.live.waiting import await_that
from tests.live.watching import (
    KeysWatch,
    Watch,
    activities,
    dialogs,
    document,
    is_open,
    kept,
    note,
    publishes,
    version,
    watchers,
)
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport

from carillon.presence import featurekeys
from carillon.provisioning import forwardings, presences
from carillon.provisioning.forwardings import RowTyped
from carillon.provisioning.system import put_in_force
from carillon.routing.subscribe import MOST

pytestmark = pytest.mark.engines


def test_a_watcher_is_told_what_is_set_by_hand(company: Company) -> None:
    watch = Watch(company.registered("101"), company.uri("102"))
    assert activities(watch.told[0]) == []
    company.building.is_in_state(company.domain, "102", "vacation")
    watch.until(lambda told: activities(told) == ["vacation"])
    company.building.is_in_state(company.domain, "102", "dnd")
    watch.until(lambda told: activities(told) == ["busy"])


def test_off_is_told_from_idle(company: Company) -> None:
    watch = Watch(company.registered("101"), company.uri("102"))
    assert not is_open(watch.told[0])
    bob = company.registered("102")
    watch.until(is_open)
    bob.register(expires=0)
    watch.until(lambda told: not is_open(told))


def test_what_a_phone_publishes_reaches_watchers(company: Company) -> None:
    watch, bob = Watch(company.registered("101"), company.uri("102")), company.registered("102")
    first = publishes(bob, document(company.uri("102"), "meeting", "Büro <3"))
    assert first.code == 200, first.text
    told = watch.until(lambda told: activities(told) == ["away"])
    assert note(told) == "Büro <3"
    tag = first.header("SIP-ETag") or ""
    gone = publishes(bob, "", tag=tag, expires=0)
    assert gone.code == 200, gone.text
    watch.until(lambda told: activities(told) == [])


def test_a_further_number_leads_to_the_same_person(company: Company) -> None:
    company.building.numbers(company.domain, "+3225550142", "102")
    watch = Watch(company.registered("101"), company.uri("+3225550142"))
    company.building.is_in_state(company.domain, "102", "away")
    told = watch.until(lambda told: activities(told) == ["away"])
    assert f'entity="{company.uri("102")}"' in told.body


def test_a_watcher_refreshes_and_goes(company: Company) -> None:
    watch = Watch(company.registered("101"), company.uri("102"))
    assert watch.again().code == 200
    watch.next()
    assert watch.again(expires=0).code == 200
    assert "terminated" in (watch.next().header("Subscription-State") or "")
    assert watch.again().code == 481


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_phone_is_told_by_its_own_connection(company: Company, transport: Transport) -> None:
    """Its Contact names a place where nobody listens, as behind a NAT."""
    alice = company.registered("101", transport=transport)
    uri = company.uri("102")
    contact = f"<sip:101@192.0.2.77:5060;transport={transport}>"
    headers = [("Event", "presence"), ("Expires", "600")]
    request = alice.request("SUBSCRIBE", uri, headers=headers, contact=contact)
    assert alice.authenticated(request).code == 200
    told = alice.expect("NOTIFY")
    alice.respond(told, 200)
    assert activities(told) == []


def test_what_a_watcher_is_told_while_he_begins_comes_in_order(company: Company) -> None:
    """Two NOTIFYs of one subscription never pass each other on the way: a phone refuses the lower number."""
    carol, state = company.registered("103"), itertools.cycle(["away", "vacation"])
    watches: list[Watch] = []
    for _ in range(15):
        company.building.is_in_state(company.domain, "102", next(state))
        watches.append(Watch(carol, company.uri("102")))
        assert watches[-1].again().code == 200
    last = next(state)
    company.building.is_in_state(company.domain, "102", last)
    watches[-1].until(lambda told: activities(told) == [last])
    for watch in watches:
        mine = [each for each in carol.seen if each.code is None and each.header("Call-ID") == watch.call_id]
        numbers = list(dict.fromkeys(each.cseq for each in mine))  # one that is sent again is no other one
        assert numbers == sorted(numbers)


def test_a_subscription_outlives_a_kill_and_its_numbers_rise(company: Company) -> None:
    """Killed right after a NOTIFY, when nothing of it can have been written."""
    watch = Watch(company.registered("101"), company.uri("102"), "dialog")
    await_that(lambda: bool(kept(company)), "the subscription is written")
    before = watch.told[-1]
    company.building.is_in_state(company.domain, "102", "busy")
    old = company.pid("presence")
    os.kill(old, signal.SIGKILL)
    company.building.awaits_restart("presence", old)
    alice, bob = company.registered("103"), company.registered("102")
    mine, theirs = talk(alice, bob)
    shown = watch.until(lambda told: bool(dialogs(told)))
    assert shown.cseq[0] > before.cseq[0]
    assert version(shown) > version(before)
    hangs_up(mine, theirs)
    watch.until(lambda told: not dialogs(told))
    assert watch.again().code == 200


def test_killed_again_and_again_right_after_a_notify_its_numbers_rise(company: Company) -> None:
    watch = Watch(company.registered("101"), company.uri("102"))
    await_that(lambda: bool(kept(company)), "the subscription is written")
    for state in ("away", "vacation", "busy"):
        company.building.is_in_state(company.domain, "102", state)
        watch.until(lambda told, state=state: activities(told) == [state])  # type: ignore[misc]
        old = company.pid("presence")
        os.kill(old, signal.SIGKILL)
        company.building.awaits_restart("presence", old)
    company.building.is_in_state(company.domain, "102", "away")
    watch.until(lambda told: activities(told) == ["away"])
    numbers = [told.cseq[0] for told in {told.text: told for told in watch.told}.values()]  # one said twice is the same
    assert numbers == sorted(set(numbers)), numbers


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_watcher_who_vanished_is_forgotten(company: Company, transport: Transport) -> None:
    """Without a word: nobody takes what he is told. Others are told as before."""
    gone = Watch(company.registered("101", transport=transport), company.uri("102"))
    stays = Watch(company.registered("103"), company.uri("102"))
    await_that(lambda: len(kept(company)) == 2, "both are written")
    gone.agent.close()
    company.building.is_in_state(company.domain, "102", "away")
    stays.until(lambda told: activities(told) == ["away"])
    await_that(lambda: len(kept(company)) == 1, "he is forgotten", 60)
    company.building.is_in_state(company.domain, "102", "busy")
    stays.until(lambda told: activities(told) == ["busy"])


def test_a_watcher_whose_network_was_away_for_a_moment_keeps_his_lamps(company: Company) -> None:
    """He is told again and again, for half a minute (RFC 3261, Timer F)."""
    watch = Watch(company.registered("101"), company.uri("102"))
    company.building.is_in_state(company.domain, "102", "away")
    heard = [watch.agent.expect("NOTIFY", 30) for _ in range(6)]
    assert len({each.cseq for each in heard}) == 1  # the sixth comes after more than ten seconds
    watch.agent.respond(heard[0], 200)
    company.building.is_in_state(company.domain, "102", "busy")
    watch.until(lambda told: activities(told) == ["busy"])


def test_a_phone_that_knows_no_such_subscription_is_told_nothing_more(company: Company) -> None:
    """It was restarted, and answers 481."""
    alice = company.registered("101")
    watch = Watch(alice, company.uri("102"))
    await_that(lambda: bool(kept(company)), "the subscription is written")
    company.building.is_in_state(company.domain, "102", "away")
    alice.respond(alice.expect("NOTIFY", 30), 481)
    await_that(lambda: not kept(company), "it is forgotten")
    assert watch.again().code == 481


def test_a_phone_that_subscribes_in_a_flood_is_slowed_down(company: Company) -> None:
    """What it had lives on, others are told as before, and it is served again when it has waited."""
    storm, other = Watch(company.registered("101"), company.uri("102")), company.registered("103")
    for _ in range(MOST + 10):
        if (answer := storm.again()).code != 200:
            break
        storm.next()
    assert (answer.code, answer.header("Retry-After")) == (503, "10"), answer.text
    told = Watch(other, company.uri("102"))
    company.building.is_in_state(company.domain, "102", "away")
    told.until(lambda told: activities(told) == ["away"])
    storm.until(lambda told: activities(told) == ["away"])
    await_that(lambda: storm.again().code == 200, "it is served again")


def test_what_a_phone_has_published_outlives_a_kill_with_its_tag(company: Company) -> None:
    bob = company.registered("102")
    tag = publishes(bob, document(company.uri("102"), "meeting")).header("SIP-ETag") or ""
    old = company.pid("presence")
    os.kill(old, signal.SIGKILL)
    company.building.awaits_restart("presence", old)
    refreshed = publishes(bob, "", tag=tag)
    assert refreshed.code == 200, refreshed.text
    watch = Watch(company.registered("101"), company.uri("102"))
    watch.until(lambda told: activities(told) == ["away"])


@pytest.mark.parametrize("method", ["SUBSCRIBE", "PUBLISH"])
def test_while_the_presence_server_is_silent_phones_are_told_to_come_back(company: Company, method: str) -> None:
    """By 503, after which a subscription lives on; 408 would end it. The watchdog would start the server anew."""
    alice = company.registered("101")
    watch, mine = Watch(alice, company.uri("102")), document(company.uri("101"), "meeting")
    watchdog, server = company.pid("watchdog"), company.pid("presence")
    os.killpg(watchdog, signal.SIGSTOP)
    os.killpg(server, signal.SIGSTOP)
    try:
        refused = watch.again() if method == "SUBSCRIBE" else publishes(alice, mine)
    finally:
        os.killpg(server, signal.SIGCONT)
        os.kill(watchdog, signal.SIGKILL)
    assert (refused.code, refused.header("Retry-After")) == (503, "5"), refused.text
    if method == "SUBSCRIBE":
        watch.next()  # it has come late to the server, which tells the watcher; one who doesn't answer has gone
    company.building.awaits_restart("watchdog", watchdog)
    assert watch.again().code == 200
    assert publishes(alice, mine).code == 200


def test_what_is_no_publication_is_refused(company: Company) -> None:
    bob = company.registered("102")
    mine = document(company.uri("102"), "meeting")
    laughs = f"<!DOCTYPE p [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>{mine}"
    assert publishes(bob, mine, uri=company.uri("101")).code == 403
    assert publishes(bob, "<presence").code == 400
    assert publishes(bob, laughs).code == 400
    assert publishes(bob, mine, tag="neverseen").code == 412
    assert publishes(bob, "text", kind="text/plain").code == 415
    assert publishes(bob, mine, expires=5).code == 423
    assert publishes(bob, mine, requires="teleport").header("Unsupported") == "teleport"
    assert publishes(bob, mine).code == 200


def test_who_may_not_watch_is_told_so(company: Company) -> None:
    alice = company.registered("101")

    def code(whom: str, event: str = "presence", **fields: str) -> int | None:
        request = alice.request("SUBSCRIBE", company.uri(whom), headers=[("Event", event)], **fields)
        return alice.authenticated(request).code

    assert code("199") == 404
    assert code("102", "conference") == 489
    assert code("102", from_=f"<{company.uri('103')}>;tag=x") == 403
    assert code("102", "presence.winfo") == 403


def test_a_person_sees_who_watches_him(company: Company) -> None:
    """Also when somebody comes later, and when he goes."""
    bob = Watch(company.registered("102"), company.uri("102"), "presence.winfo")
    assert watchers(bob.told[0]) == {}
    alice = Watch(company.registered("101"), company.uri("102"))
    told = bob.until(lambda told: watchers(told).get(company.uri("101")) == "active")
    assert f'resource="{company.uri("102")}"' in told.body
    alice.again(expires=0)
    bob.until(lambda told: watchers(told).get(company.uri("101")) != "active")
    versions = [version(told) for told in bob.told]
    assert versions == sorted(set(versions))


def test_forwarding_reads_what_a_phone_has_published(company: Company) -> None:
    """Bob's phone says that he is in a meeting: his calls go to Carol."""
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    company.building.forwards(company.domain, "102", RowTyped("always", ("103",), presence="away"))
    a_call_works(alice, bob)
    watch = Watch(alice, company.uri("102"))
    publishes(bob, document(company.uri("102"), "meeting"))
    watch.until(lambda told: activities(told) == ["away"])
    await_that(lambda: rings_at(alice, bob, carol), "the call goes to Carol")


def rings_at(alice: RawAgent, called: RawAgent, there: RawAgent) -> bool:
    """Whether a call to somebody rings at somebody else."""
    invite = calls(alice, f"sip:{called.user}@{called.domain}")
    ringing = next(each for each in (there, called) if _rings(each))
    final(alice, invite)
    return ringing is there


def _rings(agent: RawAgent) -> bool:
    try:
        agent.respond(agent.expect("INVITE", 1.0), 486)
    except TimeoutError:
        return False
    return True


def test_explain_knows_what_a_phone_has_published(company: Company) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    company.building.forwards(company.domain, "102", RowTyped("always", ("103",), presence="away"))
    watch = Watch(alice, company.uri("102"))
    publishes(bob, document(company.uri("102"), "meeting"))
    watch.until(lambda told: activities(told) == ["away"])
    await_that(lambda: "103@" in company.building.explains(company.domain, "101", "102"), "explain sends it to Carol")


def test_while_somebody_writes_into_the_subscriptions_a_watcher_waits(company: Company) -> None:
    """The engine's driver waits for no other writer, and the phone would hear 500."""
    alice = company.registered("101")
    with closing(sqlite3.connect(company.building.paths.subscriptions, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        request = alice.request("SUBSCRIBE", company.uri("102"), headers=[("Event", "presence"), ("Expires", "600")])
        alice.send(alice.with_credentials(request, alice.exchange(request)))
        with pytest.raises(TimeoutError):
            alice.await_message(lambda each: (each.code or 0) >= 200 and each.code != 401, 0.5, "an answer")
        writer.execute("ROLLBACK")
    assert alice.await_message(lambda each: (each.code or 0) >= 200, 5, "an answer").code == 200


def test_a_phones_key_shows_do_not_disturb_and_sets_it(company: Company) -> None:
    """By the key, by an administrator: one state, shown everywhere."""
    alice, bob = company.registered("101"), company.registered("102")
    keys = KeysWatch(bob, company.uri(bob.user))
    assert keys.shows() == {"dnd": "", "forwardImmediate": "", "forwardBusy": "", "forwardNoAns": ""}
    assert keys.sets("SetDoNotDisturb", doNotDisturbOn="true") == 200
    keys.show("dnd", "true")
    assert final(alice, calls(alice, company.uri("102"))).code == 486
    presences.clear(company.building.truth, "the tests", f"102@{company.domain}")
    put_in_force(company.building.paths)
    keys.show("dnd", "")
    company.building.is_in_state(company.domain, "102", "dnd")
    keys.show("dnd", "true")
    assert keys.sets("SetDoNotDisturb", doNotDisturbOn="false") == 200
    keys.show("dnd", "")


def test_a_phones_keys_show_forwarding_and_set_it(company: Company) -> None:
    """Whom nobody knows a key forwards to no more than a code does; it shows what is in force."""
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    keys = KeysWatch(bob, company.uri(bob.user))
    on = {"activateForward": "true", "forwardDN": "103"}
    assert keys.sets("SetForwarding", forwardingType="forwardBusy", activateForward="true", forwardDN="199") == 200
    assert keys.sets("SetForwarding", forwardingType="forwardImmediate", **on) == 200
    keys.show("forwardImmediate", "103")
    assert keys.shows()["forwardBusy"] == ""
    invite = calls(alice, company.uri("102"))
    carol.respond(carol.expect("INVITE"), 486)
    assert final(alice, invite).code == 486
    forwardings.clear(company.building.truth, "the tests", f"102@{company.domain}")
    put_in_force(company.building.paths)
    keys.show("forwardImmediate", "")
    assert keys.sets("SetForwarding", forwardingType="forwardNoAns", **on) == 200
    keys.show("forwardNoAns", "103")
    assert keys.sets("SetForwarding", forwardingType="forwardNoAns", activateForward="false") == 200
    keys.show("forwardNoAns", "")


def test_what_no_key_says_is_refused_and_nobody_sets_anothers_keys(company: Company) -> None:
    bob = company.registered("102")
    keys = KeysWatch(bob, company.uri(bob.user))
    assert keys.sets("SetDoNotDisturb", doNotDisturbOn="perhaps") == 400
    assert keys.sets("SetAgentState", agentState="ready") == 400
    assert keys.sets("SetDoNotDisturb", kind="text/plain", doNotDisturbOn="true") == 415
    assert keys.again(body="<SetDoNotDisturb", kind=featurekeys.TYPE).code == 400
    others = [("Event", featurekeys.EVENT), ("Expires", "600")]
    assert bob.authenticated(bob.request("SUBSCRIBE", company.uri("103"), headers=others)).code == 403
    assert keys.again().code == 200
    keys.show("dnd", "")
