"""Messages from person to person, in one domain and between two."""

from __future__ import annotations

from tests.worlds.office import Office

OTHER = "b.test"


def test_a_message_shows_who_wrote_it(office: Office) -> None:
    office.alice.writes(office.bob, "Grüße, 10 € & <mehr>").arrived()
    office.bob.reads("Grüße, 10 € & <mehr>").is_from(office.alice)


def test_all_devices_of_a_person_get_it(office: Office) -> None:
    mobile = office.second_phone(office.bob)
    office.alice.writes(office.bob, "both").arrived()
    for each in (office.bob, mobile):
        each.reads("both")


def test_it_is_found_by_any_number_of_the_person(office: Office) -> None:
    office.numbers(office.bob, "402")
    office.alice.writes("402", "by your other number").arrived()
    office.bob.reads("by your other number")


def test_what_nobody_takes_is_kept_and_comes_once_in_order(office: Office) -> None:
    office.bob.unplugs()
    for text in ("one", "two", "three"):
        office.alice.writes(office.bob, text).is_kept()
    office.bob.plugs_in()
    letter = office.bob.reads("one")
    letter.is_from(office.alice)
    letter.is_dated()
    office.bob.has_read("one", "two", "three")
    office.bob.unplugs()
    office.bob.plugs_in()
    office.alice.writes(office.bob, "four").arrived()
    office.bob.has_read("one", "two", "three", "four")


def test_nobody_writes_to_another_domain_unless_it_lets_him(office: Office) -> None:
    dave = office.hires("Dave Maes", "102", OTHER)
    office.alice.writes(dave, "may I?").failed(404)
    office.lets_write(office.alice, dave)
    office.alice.writes(dave, "now I may").arrived()
    dave.reads("now I may").is_from(office.alice)
    dave.writes(office.alice, "but I may not").failed(404)
    office.lets_write(dave, office.alice)
    dave.writes(office.alice, "both of us").arrived()
    office.alice.reads("both of us").is_from(dave)
    office.bob.has_read()


def test_a_message_from_another_domain_is_kept_and_comes_once_to_all_devices(office: Office) -> None:
    dave = office.hires("Dave Maes", "102", OTHER)
    mobile = office.second_phone(dave)
    office.lets_write(office.alice, dave)
    office.alice.writes(dave, "to both").arrived()
    for each in (dave, mobile):
        each.reads("to both")
        each.unplugs()
    office.alice.writes(dave, "kept").is_kept()
    dave.plugs_in()
    letter = dave.reads("kept")
    letter.is_from(office.alice)
    letter.is_dated()
    office.alice.writes(dave, "last").arrived()
    dave.has_read("to both", "kept", "last")
