"""Whom people let watch and what they show, also to who watches already; and what a call makes of somebody."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.live.talking import hangs_up, talk
from tests.live.test_watching import rings_at
from tests.live.waiting import await_that
from tests.live.watching import Watch, activities, dialogs, document, is_open, note, publishes

from carillon.provisioning import presencerules
from carillon.provisioning.forwardings import RowTyped
from carillon.provisioning.system import put_in_force

pytestmark = pytest.mark.engines


def rule(company: Company, extension: str | None, **fields: object) -> None:
    """As `carillon presence rule set`."""
    whom = (f"{extension}@{company.domain}", None) if extension else (None, company.domain)
    presencerules.set(company.building.truth, "the tests", *whom, **fields)  # type: ignore[arg-type]
    put_in_force(company.building.paths)


def test_a_watcher_is_shut_out_and_let_in_while_he_watches(company: Company) -> None:
    bob = company.registered("102")
    watch = Watch(company.registered("101"), company.uri("102"))
    publishes(bob, document(company.uri("102"), "meeting", "Doctor"))
    watch.until(lambda told: is_open(told) and activities(told) == ["away"] and note(told) == "Doctor")
    rule(company, None, note=False)
    watch.until(lambda told: activities(told) == ["away"] and note(told) == "")
    rule(company, "102", watchers=("103",))
    watch.until(lambda told: not is_open(told) and activities(told) == [])
    assert watch.again().code == 200  # nothing tells him that he is shut out
    assert not is_open(watch.next())
    carol = Watch(company.registered("103"), company.uri("102"))
    assert activities(carol.told[0]) == ["away"]
    rule(company, "102", watchers=("everybody",))
    watch.until(lambda told: activities(told) == ["away"])


def test_a_lamp_that_shows_only_that_somebody_talks(company: Company) -> None:
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    rule(company, "102", callers=False)
    lamp = Watch(carol, company.uri("102"), "dialog")
    mine, theirs = talk(alice, bob)
    told = lamp.until(lambda told: "confirmed" in told.body)
    assert "101" not in told.body
    assert "Alice" not in told.body
    rule(company, "102", callers=True)
    lamp.until(lambda told: "Alice" in told.body)
    rule(company, "102", watchers=("nobody",))
    lamp.until(lambda told: not dialogs(told))
    hangs_up(mine, theirs)


def test_a_call_alone_makes_nobody_busy_where_that_is_set(company: Company) -> None:
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    company.building.forwards(company.domain, "102", RowTyped("always", ("103",), presence="busy"))
    watch, lamp = Watch(alice, company.uri("102")), Watch(alice, company.uri("102"), "dialog")
    mine, theirs = talk(bob, alice)
    watch.until(lambda told: "busy" in activities(told))
    lamp.until(lambda told: bool(dialogs(told)))
    rule(company, None, busy_in_call=False)
    watch.until(lambda told: activities(told) == [])
    await_that(lambda: not rings_at(alice, bob, carol), "forwarding doesn't take him for busy")
    assert dialogs(lamp.told[-1])
    rule(company, "102", busy_in_call=True)
    watch.until(lambda told: "busy" in activities(told))
    await_that(lambda: rings_at(alice, bob, carol), "forwarding takes him for busy again")
    hangs_up(mine, theirs)
