"""On a node with several Asterisks, the calls daemon writes who has a call where, and one trip of a leg reads it."""

from __future__ import annotations

import pytest
from tests.calls.test_book import HOME, call_up, fed, told
from tests.live.company import Company

from carillon.calls.book import Book
from carillon.calls.gateways import Gateways
from carillon.routing.decision import Claim
from carillon.routing.facts import Slots
from carillon.stores import keys
from carillon.stores.callcounts import RedisCallCounts
from carillon.stores.noderedis import NodeRedis
from carillon.stores.ports import Limit, Scope

pytestmark = pytest.mark.engines

HERE = "127.0.0.2:5080"
ALICE, BOB, CAROL = (f"{number}@{HOME}" for number in (101, 102, 103))


def asked(company: Company, leg: str, *limits: Limit) -> Slots:
    """What a leg is told that asks where Carol and Alice have calls."""
    node = NodeRedis(company.building.paths.redis_socket, lambda table, key: None, lambda table, key, text: None)
    return RedisCallCounts(node).claim(Claim(f"{leg:0>24}-{'0' * 24}", limits, parties=(CAROL, ALICE)))


def test_who_has_a_call_where_is_written_read_and_forgotten(company: Company) -> None:
    with company.building.redis() as store:
        book, limit = Book(), Limit(Scope.USER, ALICE, 1)
        gateways = Gateways(book, store, HERE)
        assert asked(company, "a").gateways == {}
        for event in fed(book, call_up("L", "1.1", "1.2", "B")):
            gateways.heard(event)
        assert asked(company, "b") == Slots(f"{'b':0>24}-{'0' * 24}", (), {}, gateways={ALICE: HERE})
        first, second = asked(company, "c", limit), asked(company, "d", limit)
        assert (first.full, second.full) == (None, limit)
        assert first.gateways == second.gateways == {ALICE: HERE}
        store.delete(keys.gateway(ALICE))
        gateways.tick(1.0)
        assert 0 < store.pttl(keys.gateway(ALICE)) <= keys.LEASE_S * 1000, "it is renewed, and ends by itself"
        fed(book, (told("Hangup", id, "L", "101") for id in ("1.1", "1.2")))
        store.delete(keys.gateway(ALICE), keys.gateway(BOB))
        gateways.tick(10.0)
        assert asked(company, "e").gateways == {}, "nothing is written of who is free"
        store.delete(keys.calls(Scope.USER, ALICE))


def test_with_one_asterisk_nothing_is_written() -> None:
    book = Book()
    gateways = Gateways(book, None, HERE)
    for event in fed(book, call_up("L", "1.1", "1.2", "B")):
        gateways.heard(event)
    gateways.tick(1.0)
