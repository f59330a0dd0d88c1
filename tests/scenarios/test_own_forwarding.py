"""Somebody forwards his own calls, and does not want to be disturbed, by codes on his own phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carillon.provisioning import changes, forwardings, presences

if TYPE_CHECKING:
    from tests.worlds.live import LiveCall, LiveOffice, LivePerson
    from tests.worlds.office import Office

SETS = [("*21103", "always"), ("*61103", "no-answer"), ("*62103", "offline"), ("*67103", "busy")]
ENDS = [("#21", "always"), ("#61", "no-answer"), ("#62", "offline"), ("#67", "busy")]
PATIENCE_S = 30


@pytest.mark.parametrize(("code", "cause"), SETS)
def test_a_code_forwards_ones_own_calls(office: Office, code: str, cause: str) -> None:
    office.bob.calls(code).is_served_by(f"forward:{cause}:103")


@pytest.mark.parametrize(("code", "cause"), [*ENDS, ("#21#", "always")])
def test_a_code_ends_that(office: Office, code: str, cause: str) -> None:
    office.bob.calls(code).is_served_by(f"forward-clear:{cause}")


@pytest.mark.parametrize(("code", "word"), [("*26", "on"), ("#26", "off")])
def test_a_code_for_not_being_disturbed(office: Office, code: str, word: str) -> None:
    office.bob.calls(code).is_served_by(f"do-not-disturb:{word}")


@pytest.mark.parametrize("dialled", ["*21#103", "*21*103#", "*21103#", "*21 103", "*21202"])
def test_how_people_dial_it(office: Office, dialled: str) -> None:
    office.numbers(office.carol, "202")
    office.bob.calls(dialled).is_served_by("forward:always:103")


@pytest.mark.parametrize(
    ("dialled", "code", "words"),
    [
        ("*21", 404, "Dial *21NUMBER"),
        ("*21999", 404, "Nobody has 999"),
        ("*21102", 403, "Your calls come to you already"),
        ("*21+32475123456", 403, "You may not make mobile calls"),
        ("*21112", 403, "not forwarded to emergency numbers"),
    ],
)
def test_a_wrong_target_is_refused_with_a_word(office: Office, dialled: str, code: int, words: str) -> None:
    office.provider()
    office.allows(office.bob, "national")
    call = office.bob.calls(dialled)
    call.failed(code)
    call.was_told("Warning", words)


def test_a_target_outside_is_written_in_full(office: Office) -> None:
    office.provider()
    office.allows(office.bob, "mobile")
    office.bob.calls("*610475123456").is_served_by("forward:no-answer:+32475123456")


def test_nobody_forwards_the_calls_of_others(office: Office) -> None:
    office.stranger().calls("*21103").failed(407)
    office.impostor(office.bob).calls("*21103").failed(407)


def dials(person: LivePerson, code: str) -> None:
    """The code is dialled, a word heard, and the call ends by itself."""
    call: LiveCall = person.calls(code)
    call.mine.wait_answered()
    assert call.mine.wait_ended(PATIENCE_S).code == 200


def rings(office: LiveOffice, person: LivePerson) -> None:
    """Alice calls Bob, and it rings there."""
    call = office.alice.calls(office.bob)
    call.rings(person)
    office.alice.cancels(call)
    call.is_over()


@pytest.mark.live_only
def test_calls_go_where_the_code_said_until_another_code(office: LiveOffice) -> None:
    dials(office.bob, "*21103")
    rings(office, office.carol)
    last = changes.listing(office.building.truth, noun="forwarding")[-1]
    assert last.who == f"phone 102@{office.domain}"
    dials(office.bob, "#21")
    rings(office, office.bob)


@pytest.mark.live_only
def test_who_dialled_so_is_not_disturbed_until_another_code(office: LiveOffice) -> None:
    dials(office.bob, "*26")
    call = office.alice.calls(office.bob)
    call.failed(486)
    call.was_told("Warning", "does not want to be disturbed")
    dials(office.bob, "#26")
    rings(office, office.bob)
    assert presences.said(office.building.truth, f"102@{office.domain}")[1] == ()


@pytest.mark.live_only
def test_a_phone_that_does_not_encode_the_hash(office: LiveOffice) -> None:
    office.forwards(office.bob, "always", office.carol)
    ended = office.bob.phone.dial("#21").wait_ended(PATIENCE_S)
    assert ended.code == 200
    assert forwardings.table(office.building.truth, f"102@{office.domain}").rows == ()
