"""Watching others: how they are, and what calls they have."""

from __future__ import annotations

from tests.worlds.office import Lamp, Office, Person


def test_a_phone_shows_how_a_colleague_is(office: Office) -> None:
    """Off is told from idle; what his phone says, and what is said for him, is shown with its note."""
    office.bob.unplugs()
    shown = office.alice.watches(office.bob)
    shown.is_shown(online=False)
    phone = office.second_phone(office.bob, publishes=True)
    shown.is_shown(online=True)
    phone.publishes("away", "At lunch")
    shown.is_shown(online=True, activity="away", note="At lunch")
    phone.publishes("busy", "Not now")
    shown.is_shown(online=True, activity="busy", note="Not now")
    phone.publishes("")
    shown.is_shown(online=True)
    office.is_in_state(office.bob, "dnd")
    shown.is_shown(online=True, activity="busy")
    phone.unplugs()
    shown.is_shown(online=False, activity="busy")


def test_a_phone_shows_that_a_colleague_talks(office: Office) -> None:
    shown = office.alice.watches(office.bob)
    shown.is_shown(online=True)
    call = office.carol.calls(office.bob)
    call.rings(office.bob)
    office.bob.answers(call)
    call.is_up()
    shown.is_shown(online=True, activity="busy")
    office.carol.hangs_up(call)
    shown.is_shown(online=True)


def follows_a_call_of(office: Office, lamp: Lamp, called: Person | str) -> None:
    """Bob's phone rings: the lamp blinks, shines while they talk, and is dark before and after."""
    lamp.is_dark()
    call = office.alice.calls(called)
    call.rings(office.bob)
    lamp.blinks(office.alice.extension)
    office.bob.answers(call)
    lamp.shines()
    office.alice.hangs_up(call)
    lamp.is_dark()


def test_a_lamp_blinks_and_shines_and_goes_out(office: Office) -> None:
    follows_a_call_of(office, office.carol.has_lamp_for(office.bob), office.bob)


def test_the_lamp_of_a_group_blinks_and_shines_and_goes_out(office: Office) -> None:
    """It is that of the group's number; what else a member talks about is not the group's."""
    office.has_group("sales", office.bob, office.carol, number="200")
    lamp = office.carol.has_lamp_for("200")
    follows_a_call_of(office, lamp, "200")
    own = office.alice.calls(office.bob)
    own.rings(office.bob)
    office.bob.answers(own)
    own.is_up()
    lamp.is_dark()


def test_a_lamp_of_who_is_not_reached_goes_out(office: Office) -> None:
    lamp = office.carol.has_lamp_for(office.bob)
    call = office.alice.calls(office.bob)
    call.rings(office.bob)
    lamp.blinks(office.alice.extension)
    office.bob.refuses(call, 486)
    call.failed(486)
    lamp.is_dark()


def test_who_withholds_himself_is_not_shown_by_a_lamp(office: Office) -> None:
    lamp = office.carol.has_lamp_for(office.bob)
    call = office.alice.calls("*31102")
    call.rings(office.bob)
    lamp.blinks("")
    office.alice.cancels(call)
    lamp.is_dark()
