"""Inside a call: what was proved for one call is worth nothing beside it."""

from __future__ import annotations

import re

import pytest
from tests.live.company import Company
from tests.live.talking import a_call_works, got_nothing, hangs_up, talk
from tests.phones.dialog import Dialog
from tests.phones.raw import RawAgent

pytestmark = pytest.mark.engines

METHODS = ["INVITE", "INFO", "UPDATE", "MESSAGE", "REFER", "BYE"]


@pytest.mark.parametrize("method", METHODS)
def test_a_request_of_a_call_goes_to_the_other_side_and_to_nobody_else(company: Company, method: str) -> None:
    alice, bob, carol = (company.registered(extension) for extension in ("101", "102", "103"))
    mine, _ = talk(alice, bob)
    aimed = mine.request(method, uri=carol.contact)
    assert alice.exchange(aimed).code == 403
    assert got_nothing(carol, bob)


def aims(mine: Dialog, carol: RawAgent) -> list[tuple[str, list[str]]]:
    """The ways to hide where a request of the call is to go: its URI, its routes."""
    host, port = carol.link.local
    alone = mine.routes[0].replace(";r2=on", "")
    return [
        (f"{mine.target};alias={host}~{port}~1", mine.routes),
        (f"{mine.target};maddr={host}", mine.routes),
        (f"{mine.target};received={host}", mine.routes),
        (mine.target, [*mine.routes, f"{carol.contact};lr"]),
        (mine.target, [*mine.routes, carol.contact]),
        (mine.target, [f"{carol.contact};lr", *mine.routes]),
        (mine.target, [f"{mine.routes[0]};maddr={host}", *mine.routes[1:]]),
        (carol.contact, [*mine.routes, mine.target]),
        (f"{mine.target};alias={host}~{port}~1", [alone]),
        (mine.target, [alone, f"{carol.contact};lr"]),
        (mine.target, [alone, carol.contact]),
        (mine.target, [f"{carol.contact};lr;{mine.routes[0].partition(';')[2]}"]),
    ]


@pytest.mark.parametrize("way", range(12))
@pytest.mark.parametrize("method", ["INVITE", "INFO"])
def test_no_trick_takes_a_request_of_the_call_elsewhere(company: Company, method: str, way: int) -> None:
    alice, bob, carol = (company.registered(extension) for extension in ("101", "102", "103"))
    mine, theirs = talk(alice, bob)
    uri, routes = aims(mine, carol)[way]
    alice.send(mine.request(method, uri=uri, routes=routes))
    assert got_nothing(carol, company.raw("102"))
    if method == "INFO":
        hangs_up(theirs, mine)


def test_the_proof_of_one_call_is_none_for_another(company: Company) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    mine, theirs = talk(alice, bob)
    strange = mine.request("INFO", call_id="another-call")
    assert alice.exchange(strange).code == 407
    retagged = mine.request("INFO", from_=re.sub(r"tag=.*", "tag=another", mine.local))
    assert alice.exchange(retagged).code == 407
    hangs_up(mine, theirs)


def test_a_stranger_who_overheard_the_proof_reaches_nobody(company: Company) -> None:
    alice, bob, carol = (company.registered(extension) for extension in ("101", "102", "103"))
    mallory = company.raw("666", password="guess")
    mine, theirs = talk(alice, bob)
    overheard = Dialog(mallory, mine.call_id, mine.local, mine.remote, mine.target, mine.routes, 500)
    assert mallory.exchange(overheard.request("INFO", uri=carol.contact)).code == 403
    assert got_nothing(carol, bob)
    hangs_up(mine, theirs)


@pytest.mark.parametrize("method", ["INVITE", "BYE", "INFO"])
def test_the_proof_is_worth_nothing_after_the_call(company: Company, method: str) -> None:
    alice, bob, carol = (company.registered(extension) for extension in ("101", "102", "103"))
    mine, theirs = talk(alice, bob)
    hangs_up(mine, theirs)
    seen = len(bob.seen)
    headers = [("X-Carillon-Called", f"103@{company.domain}"), ("X-Carillon-Leg", "1-1")]
    headers += [("Content-Type", "application/sdp")] if method == "INVITE" else []
    target = mine.target.replace("sip:", "sip:103@")
    alice.send(mine.request(method, uri=target, headers=headers, body=alice.offer() if method == "INVITE" else ""))
    assert got_nothing(carol, company.raw("102"))
    assert not [each for each in bob.seen[seen:] if each.code is None]


def test_a_request_of_a_call_that_has_gone_too_far(company: Company) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    mine, theirs = talk(alice, bob)
    assert alice.exchange(mine.request("INFO", max_forwards="0")).code == 483
    hangs_up(theirs, mine)


def test_the_called_side_ends_the_call_and_the_next_one_works(company: Company) -> None:
    alice, bob = company.registered("101"), company.registered("102")
    mine, theirs = talk(alice, bob)
    hangs_up(theirs, mine)
    a_call_works(bob, alice)
