"""Names of people outside: from address books, and of colleagues who call from their mobiles. Numbers stay."""

from __future__ import annotations

from tests.worlds.office import Call, Office, Person

JAN = "+32475123456"
OURS = "+3225550102"


def calls_bob(office: Office, name: str = "") -> tuple[Person, Call]:
    """Somebody calls Bob from outside; the trunk may say a name."""
    provider = office.provider()
    office.numbers(office.bob, OURS)
    told = [("P-Asserted-Identity", f'"{name}" <sip:{JAN}@provider.test>')] if name else []
    return provider, provider.calls_in(OURS, as_number=JAN, headers=told)


def test_a_supplier_is_shown_by_the_shared_book(office: Office) -> None:
    office.knows(JAN, "Jan Peeters")
    _, call = calls_bob(office)
    call.rings(office.bob)
    call.shows(office.bob, "Jan Peeters", JAN)
    call.is_told(office.bob, "P-Asserted-Identity", '"Jan Peeters"')
    office.bob.answers(call)
    call.is_up()
    office.bob.hangs_up(call)
    call.is_over()


def test_ones_own_book_comes_before_the_shared_one(office: Office) -> None:
    office.knows(JAN, "Jan Peeters")
    office.knows(JAN, "My brother", office.bob)
    office.knows(JAN, "Her brother", office.alice)
    _, call = calls_bob(office)
    call.rings(office.bob)
    call.shows(office.bob, "My brother", JAN)


def test_a_book_counts_more_than_the_trunk(office: Office) -> None:
    office.knows(JAN, "Jan Peeters")
    _, call = calls_bob(office, name="PEETERS J")
    call.rings(office.bob)
    call.shows(office.bob, "Jan Peeters", JAN)


def test_what_the_trunk_says_stands_where_no_book_knows_the_number(office: Office) -> None:
    office.knows("+32475999999", "Jan Peeters")
    _, call = calls_bob(office, name="PEETERS J")
    call.rings(office.bob)
    call.shows(office.bob, "PEETERS J", JAN)


def test_a_colleague_who_calls_from_his_mobile_is_shown_by_his_name(office: Office) -> None:
    office.carries(office.carol, JAN)
    office.knows(JAN, "Carol at home", office.bob)
    _, call = calls_bob(office)
    call.rings(office.bob)
    call.shows(office.bob, "Carol Peeters", JAN)


def test_a_forwarded_call_shows_the_name_in_the_book_of_who_gets_it(office: Office) -> None:
    office.knows(JAN, "Bob's friend", office.bob)
    office.knows(JAN, "Carol's friend", office.carol)
    office.forwards(office.bob, "always", office.carol)
    _, call = calls_bob(office)
    call.rings(office.carol)
    call.shows(office.carol, "Carol's friend", JAN)


def test_a_name_in_another_alphabet(office: Office) -> None:
    office.knows(JAN, "Лена Ïłķ 李 😀")
    _, call = calls_bob(office)
    call.rings(office.bob)
    call.shows(office.bob, "Лена Ïłķ 李 😀", JAN)


def test_a_book_says_nothing_about_colleagues(office: Office) -> None:
    office.knows(JAN, "Jan Peeters")
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    call.shows(office.bob, "Alice Martin", "101")


def test_another_system_is_asked_meanwhile_and_known_the_next_time(office: Office) -> None:
    office.asks_outside({JAN: "Jan of the shop"})
    provider, call = calls_bob(office)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.failed(486)
    office.has_heard(1)
    again = provider.calls_in(OURS, as_number=JAN)
    again.rings(office.bob)
    again.shows(office.bob, "Jan of the shop", JAN)


def test_a_book_counts_more_than_another_system(office: Office) -> None:
    office.asks_outside({JAN: "Jan of the shop"})
    provider, call = calls_bob(office)
    call.rings(office.bob)
    office.bob.refuses(call, 486)
    call.failed(486)
    office.has_heard(1)
    office.knows(JAN, "Jan Peeters")
    again = provider.calls_in(OURS, as_number=JAN)
    again.rings(office.bob)
    again.shows(office.bob, "Jan Peeters", JAN)
