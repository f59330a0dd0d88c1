"""What the engine does by itself, as the rules say: phones and the trace cannot tell who did it (docs/adr/0026)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from tests.live.company import Company
from tests.live.talking import hangs_up, talk
from tests.live.waiting import await_that
from tests.live.watching import Watch, activities
from tests.phones.dialog import Dialog
from tests.phones.digest import challenges
from tests.phones.message import Message
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport
from tests.worlds.building import Building

from carillon.collector.inbox import settle
from carillon.collector.intake import unshelved
from carillon.collector.store import rows_where
from carillon.confgen.collector import store_path
from carillon.sip.digest import TAIL
from carillon.stores.tracewire import Row
from carillon.supervision.rpc import call

pytestmark = pytest.mark.engines

CHANGING = re.compile(r"z9hG4bK[^;,\s]+|(?:tag|proof|rf|did|nonce)=[^;,>\s]+|(?<=CSeq: )\d+|(?<=;expires=)\d+|\d{5,}")
"""What is another one in each call."""


@contextmanager
def by_the_rules(building: Building) -> Iterator[None]:
    """The engine does nothing by itself."""
    call(building.paths.kamailio_rpc, "htable.sets", "stores", "by_rules", "yes")
    try:
        yield
    finally:
        call(building.paths.kamailio_rpc, "htable.delete", "stores", "by_rules")


def rows(building: Building, dialog: Dialog) -> list[tuple[object, ...]]:
    """What the trace has of the requests of a dialog, by method: of two workers any may be the first to write."""
    return rows_of(building, dialog.call_id, "in-dialog")


def rows_of(building: Building, call_id: str, *routes: str) -> list[tuple[object, ...]]:
    """What the trace has of a Call-ID by these routes."""
    settle(building.paths.trace_socket)
    found = map(unshelved, rows_where(store_path(building.paths), "call_id = ?", [call_id]))
    return [
        (
            *(row.route, row.leg, row.address, row.source, row.message, row.sender, row.called),
            *(row.outcome, row.detail, *row.rules),
        )
        for row in sorted(found, key=_message)
        if row.route in routes
    ]


def _message(row: Row) -> str:
    return row.message


def got(agent: RawAgent, since: int) -> list[str]:
    """The ACK and BYE that an agent has got, word for word but for what differs from call to call."""
    return [_alike(each) for each in agent.seen[since:] if each.code is None and each.method in ("ACK", "BYE")]


def _alike(message: Message) -> str:
    return CHANGING.sub("*", message.text.replace(message.header("Call-ID"), "*"))


def is_followed(building: Building, dialog: Dialog) -> bool:
    """Whether the engine has a proof of the dialog, and would follow it by itself."""
    found = call(building.paths.kamailio_rpc, "htable.dump", "proofs")
    return any(slot["name"].startswith(f"{dialog.call_id}|") for each in found for slot in each["slot"])


def a_call(
    building: Building, caller: RawAgent, callee: RawAgent, *, caller_ends: bool
) -> tuple[list[object], Dialog, Dialog]:
    """Talk, and hang up; what both got and what the trace says of it."""
    seen = len(caller.seen), len(callee.seen)
    mine, theirs = talk(caller, callee)
    if caller_ends:
        hangs_up(mine, theirs)
    else:
        hangs_up(theirs, mine)
    await_that(lambda: len(rows(building, mine)) == len(rows(building, theirs)) == 2, "rows of all requests")
    what = [got(caller, seen[0]), got(callee, seen[1]), rows(building, mine), rows(building, theirs)]
    return what, mine, theirs


@pytest.mark.parametrize("caller_ends", [True, False], ids=["caller ends", "called ends"])
def test_nobody_can_tell_who_followed_a_dialog(company: Company, caller_ends: bool) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    by_engine, mine, theirs = a_call(company.building, alice, bob, caller_ends=caller_ends)
    assert not is_followed(company.building, mine)  # it has, and forgotten its proof
    assert not is_followed(company.building, theirs)
    with by_the_rules(company.building):
        by_rules, mine, theirs = a_call(company.building, alice, bob, caller_ends=caller_ends)
    assert is_followed(company.building, mine)
    assert is_followed(company.building, theirs)
    assert by_engine == by_rules
    assert [len(each) for each in by_rules] == [0 if caller_ends else 1, 2 if caller_ends else 1, 2, 2]


def test_a_proof_that_has_been_forgotten_is_made_anew(company: Company) -> None:
    """A call that is longer than the engine keeps its proof, or that another run of it has begun."""
    alice, bob = company.registered("101"), company.registered("102")
    mine, theirs = talk(alice, bob)
    call(company.building.paths.kamailio_rpc, "htable.flush", "proofs")
    assert not is_followed(company.building, mine)
    hangs_up(mine, theirs)


def test_a_private_header_in_a_dialog_goes_no_further(company: Company) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    mine, _ = talk(alice, bob)
    assert is_followed(company.building, mine)
    alice.send(mine.request("BYE", headers=[("x-carillon-leg", "made up")]))
    assert "made up" not in bob.expect("BYE").text


@dataclass
class Asked:
    """A stranger was asked who he is: what he got, what the trace has of it, the nonce, and if the engine did it."""

    answer: str
    rows: list[tuple[object, ...]]
    nonce: str

    @property
    def by_engine(self) -> bool:
        return TAIL in self.nonce


def is_asked(company: Company, stranger: RawAgent, method: str) -> Asked:
    """A request without credentials."""
    domain = company.domain
    request = stranger.invite(f"sip:102@{domain}") if method == "INVITE" else stranger.request(method, f"sip:{domain}")
    answer = stranger.exchange(request)
    nonces = {each.nonce for each in challenges(answer)}
    assert len(nonces) == 1
    call_id = answer.header("Call-ID")
    return Asked(_alike(answer), rows_of(company.building, call_id, "inbound", "register"), nonces.pop())


@pytest.mark.parametrize(("method", "code"), [("INVITE", 407), ("REGISTER", 401)])
def test_nobody_can_tell_who_asked_for_the_password(company: Company, method: str, code: int) -> None:
    """The rules ask the first one of a second, and the engine whoever else comes in it."""
    alice = company.raw("101")
    with by_the_rules(company.building):
        by_rules = is_asked(company, alice, method)
    assert by_rules.answer.startswith(f"SIP/2.0 {code} ")
    assert len(by_rules.rows) == 1
    found: list[Asked] = []
    await_that(lambda: found.append(is_asked(company, alice, method)) or found[-1].by_engine, "the engine asks")
    by_engine = found[-1]
    assert not by_rules.by_engine
    assert (by_engine.answer, by_engine.rows) == (by_rules.answer, by_rules.rows)
    assert len({each.nonce for each in found}) == len(found)


def test_a_password_given_to_the_engine_is_good_once(company: Company) -> None:
    """Several nonces of a second have one seal, and each of them serves once."""
    alice, own = company.raw("101"), f"<{company.uri('101')}>"
    found: list[Message] = []

    def registers() -> Message:
        return alice.request("REGISTER", f"sip:{company.domain}", to=own, contact=f"<{alice.contact}>")

    def asked_by_engine() -> bool:
        found.append(alice.exchange(registers()))
        return TAIL in challenges(found[-1])[0].nonce

    await_that(asked_by_engine, "the engine asks")
    assert alice.exchange(alice.with_credentials(registers(), found[-1])).code == 200
    assert alice.exchange(alice.with_credentials(registers(), found[-1])).code == 401


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_nobody_can_tell_who_told_a_watcher(company: Company, transport: Transport) -> None:
    """A NOTIFY goes by the engine alone, on UDP without a transaction: word for word as by the rules."""
    bob = f"{company.domain}", "102"
    watch = Watch(company.registered("101", transport=transport), company.uri("102"))

    def told(state: str) -> str:
        company.building.is_in_state(*bob, state)
        return _alike(watch.until(lambda each: activities(each) == [state]))

    by_engine = told("away")
    assert told("vacation") != by_engine
    with by_the_rules(company.building):
        told("vacation")
        by_rules = told("away")
    assert by_engine == by_rules
