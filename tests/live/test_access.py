"""The access number on real engines: what colleagues and administrators see of such a call, and who is shut out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.live.listening import Listening
from tests.live.test_recordings import command_of
from tests.supervision.installation import until
from tests.worlds.building import Building
from tests.worlds.live import LiveCall, LiveOffice, LivePerson

from carillon.calls.book import Book

pytestmark = [pytest.mark.engines, pytest.mark.timeout(150)]

ACCESS, MOBILE = "+3225550199", "+32475123456"


@pytest.fixture
def office(building: Building) -> Iterator[LiveOffice]:
    """Alice has a mobile and a PIN; there is an access number."""
    with LiveOffice.open(building) as office:
        office.carries(office.alice, MOBILE)
        office.gives_pin(office.alice, "4729")
        office.allows(office.alice, "national")
        office.answers_at(ACCESS, "access")
        yield office


def calls_access(office: LiveOffice) -> tuple[LivePerson, LiveCall]:
    """Alice calls the access number, by a trunk that is trusted."""
    provider = office.provider()
    office.trusts(provider)
    return provider, provider.calls_in(ACCESS, as_number=MOBILE)


def talks_to_bob(office: LiveOffice) -> LiveCall:
    """Alice has called Bob by it."""
    _, call = calls_access(office)
    call.types("102#")
    call.rings(office.bob)
    office.bob.answers(call)
    call.is_up()
    return call


def test_she_is_in_the_call_and_so_is_the_trunk(office: LiveOffice) -> None:
    alice, bob = (f"{extension}@{office.domain}" for extension in ("101", "102"))
    with Listening.at(office.building) as listening:
        call = talks_to_bob(office)

        def is_seen(book: Book) -> bool:
            found = [each for each in book.calls.values() if alice in each.people]
            return [(each.talking, each.trunks) for each in found] == [
                (frozenset({alice, bob}), frozenset({f"provider@{office.domain}"})),
            ]

        listening.until(is_seen, "Alice and Bob are in one call, by the trunk")
        office.bob.hangs_up(call)
        call.is_over()


def test_she_is_recorded_as_at_her_desk(office: LiveOffice) -> None:
    command_of(office.building, "recording", "rule", "add", f"101@{office.domain}", "--calls", "internal")
    call = talks_to_bob(office)
    office.bob.hangs_up(call)
    call.is_over()
    found: list[tuple[str, ...]] = []

    def is_kept() -> bool:
        rows = command_of(office.building, "recording", "list", "--domain", office.domain)
        found[:] = [(row["caller"].partition("@")[0], row["direction"], row["state"]) for row in rows]
        return bool(found)

    until(is_kept, "the recording is listed")
    assert found == [("101", "internal", "kept")]


def test_the_called_person_sends_her_on_to_a_colleague(office: LiveOffice) -> None:
    call = talks_to_bob(office)
    call.at[office.bob].transfer(f"sip:103@{office.domain}")
    call.rings(office.carol)
    call.shows(office.carol, "Alice Martin", "101")
    office.carol.answers(call)
    call.is_up()
    office.carol.hangs_up(call)
    call.mine.wait_ended()


def test_five_wrong_pins_shut_her_out_of_calls_that_cost_after_a_restart_too(office: LiveOffice) -> None:
    provider, call = calls_access(office)
    call.types("022223344#")
    for _ in range(3):
        call.types("0000#")
    call.is_over()
    second = provider.calls_in(ACCESS, as_number=MOBILE)
    second.types("022223344#")
    for _ in range(2):
        second.types("0000#")
    office.services.dies()
    second.mine.wait_ended(30)
    office.services.returns()
    third = provider.calls_in(ACCESS, as_number=MOBILE)
    third.types("022223344#")
    for _ in range(3):
        third.types("4729#")
    third.is_over()
    third.does_not_ring(provider)
    fourth = provider.calls_in(ACCESS, as_number=MOBILE)
    fourth.types("102#")
    fourth.rings(office.bob)


def test_private_headers_of_a_trunk_open_nothing(office: LiveOffice) -> None:
    provider = office.provider()
    forged = [
        ("X-Carillon-Service", f"access:{MOBILE}"),
        ("X-Carillon-Access", "yes"),
        ("X-Carillon-Caller", f"101@{office.domain}"),
    ]
    provider.calls_in(ACCESS, as_number=MOBILE, headers=forged).failed(403)


def test_a_phones_word_that_it_calls_by_access_has_no_effect(office: LiveOffice) -> None:
    command_of(office.building, "recording", "rule", "add", f"101@{office.domain}", "--calls", "internal")
    forged = [("X-Carillon-Access", "yes"), ("X-Carillon-Caller", f"101@{office.domain}")]
    call = office.carol.calls(office.bob, headers=forged)
    call.rings(office.bob)
    call.shows(office.bob, "Carol Peeters", "103")
    assert office.building.relayed() == []
    office.bob.answers(call)
    call.is_up()
    office.bob.hangs_up(call)
