"""The counters of calls are right again by themselves after anybody died over them, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final, hangs_up, talk
from tests.live.waiting import await_new, await_that, measured
from tests.phones.dialog import Dialog

from carillon.routing.decision import Claim
from carillon.stores import keys
from carillon.stores.callcounts import RedisCallCounts
from carillon.stores.noderedis import NodeRedis
from carillon.stores.ports import Limit, Scope

pytestmark = pytest.mark.engines


@pytest.fixture
def counted(company: Company) -> Company:
    """Alice's calls are counted, and so are the domain's."""
    company.building.limits_user(company.domain, "101", 2)
    company.building.limits_domain(company.domain, 50)
    return company


def counts(company: Company, alice: int, everybody: int) -> None:
    """Wait until so many calls count for Alice, and for all."""
    building = company.building

    def is_so() -> bool:
        return (building.counted(f"user 101@{company.domain}"), building.counted(f"domain {company.domain}")) == (
            alice, everybody,
        )  # fmt: skip

    await_that(is_so, f"{alice} of Alice, {everybody} of all")


def pids(company: Company, *components: str) -> dict[str, int]:
    """The processes of components."""
    return {component: company.pid(component) for component in components}


def kills(old: dict[str, int]) -> None:
    """Kill -9."""
    for pid in old.values():
        os.kill(pid, signal.SIGKILL)


def calls_up(company: Company) -> tuple[Dialog, Dialog]:
    """Alice talks to Bob."""
    mine, theirs = talk(company.registered("101"), company.registered("102"))
    counts(company, 1, 1)
    return mine, theirs


@pytest.mark.parametrize("dies", [("redis",), ("calls",), ("kamailio",), ("redis", "calls")], ids="+".join)
def test_a_call_that_is_up_counts_again_and_ends_once(counted: Company, dies: tuple[str, ...]) -> None:
    mine, theirs = calls_up(counted)
    old = pids(counted, *dies)
    with measured(f"{' and '.join(dies)} | SIGKILL | counters are right"):
        kills(old)
        counts(counted, 1, 1)
    for component, pid in old.items():
        await_new(counted, component, pid)
    counts(counted, 1, 1)
    hangs_up(mine, theirs)
    counts(counted, 0, 0)


def test_without_asterisk_nobody_has_a_call(counted: Company) -> None:
    calls_up(counted)
    old = pids(counted, "asterisk")
    with measured("asterisk | SIGKILL | counters are right"):
        kills(old)
        counts(counted, 0, 0)
    await_new(counted, "asterisk", old["asterisk"])
    calls_up(counted)


def test_a_call_that_ends_while_nobody_looks_is_swept(counted: Company) -> None:
    mine, theirs = calls_up(counted)
    old = pids(counted, "calls")
    kills(old)
    hangs_up(mine, theirs)
    with measured("calls | SIGKILL, and the call ends | counters are right"):
        counts(counted, 0, 0)
    await_new(counted, "calls", old["calls"])


def test_what_a_dead_worker_has_claimed_is_free_again(counted: Company) -> None:
    """A place for a call that never reaches Asterisk: its lease is short."""
    leg = "ffffffffffffffffffffffff-" + "0" * 24
    with counted.building.redis() as store:
        store.zadd(f"{keys.COUNTER}user 101@{counted.domain}", {leg: time.time() + keys.CLAIM_S})
    counts(counted, 1, 0)
    counts(counted, 0, 0)


def test_of_many_at_once_as_many_get_a_place_as_there_are(counted: Company) -> None:
    """Whatever the instant: forty claim one of three places, over connections of their own."""
    limit = Limit(Scope.USER, f"101@{counted.domain}", 3)

    def claims(number: int) -> bool:
        node = NodeRedis(counted.building.paths.redis_socket, lambda table, key: None, lambda table, key, text: None)
        slots = RedisCallCounts(node).claim(Claim(f"{number:024x}-{'0' * 24}", (limit,)))
        assert (slots.full is None) == (slots.taken == (limit,))
        return slots.full is None

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(claims, range(40))) == 3


def test_a_place_is_free_before_the_caller_hears_that_his_call_failed(counted: Company) -> None:
    """So that he can try again at once."""
    counted.building.limits_user(counted.domain, "101", 1)
    alice, bob = counted.registered("101"), counted.registered("102")
    for _ in range(5):
        invite = alice.invite(counted.uri("102"))
        invite = alice.with_credentials(invite, alice.exchange(invite))
        alice.send(invite)
        bob.respond(bob.expect("INVITE"), 486)
        assert final(alice, invite).code == 486
    counts(counted, 0, 0)


def test_what_counts_is_told(counted: Company) -> None:
    """By `limit list`, by `explain` and to Prometheus."""
    mine, theirs = calls_up(counted)
    listed = counted.building.limits()
    assert listed[f"user 101@{counted.domain}"] == (1, 2)
    assert listed[f"domain {counted.domain}"] == (1, 50)
    assert "1 of 2" in counted.building.explains(counted.domain, "101", "102")
    await_that(lambda: counted.building.metric("carillon_calls_up") >= 1, "Prometheus is told")
    hangs_up(mine, theirs)
    counts(counted, 0, 0)


def test_a_call_that_rings_while_kamailio_dies_is_answered_counts_and_ends(counted: Company) -> None:
    """Phone and Asterisk know all that is needed; so nobody may hang such calls up because Kamailio is new."""
    alice, bob = counted.registered("101"), counted.registered("102")
    invite = calls(alice, counted.uri("102"))
    received = bob.expect("INVITE")
    bob.respond(received, 180, headers=[("Contact", f"<{bob.contact}>")])
    alice.await_message(lambda each: each.code == 180, 5, "180")
    counts(counted, 1, 1)
    old = pids(counted, "kamailio")
    kills(old)
    await_new(counted, "kamailio", old["kamailio"])
    accepted = bob.accept(received)
    mine = Dialog.called(alice, invite, final(alice, invite))
    mine.ack()
    bob.expect("ACK")
    counts(counted, 1, 1)
    hangs_up(mine, Dialog.answered(bob, received, accepted))
    counts(counted, 0, 0)
