"""Voicemail: what was said is kept, heard again and mailed."""

from __future__ import annotations

import array
import io
import wave
from pathlib import Path

import pytest
from tests.live.company import Company
from tests.live.post import post_office
from tests.live.waiting import await_that
from tests.phones.call import Call
from tests.phones.phone import Phone
from tests.phones.tones import share
from tests.worlds.building import NODE

from carillon.provisioning.forwardings import RowTyped
from carillon.stores.mailboxes import Mailboxes, length_s

pytestmark = [pytest.mark.engines, pytest.mark.timeout(150)]

SAID_S = 2.0
SKIP = "#"
MAIL_PORT = 2525


def mailboxes(company: Company) -> Mailboxes:
    return Mailboxes(company.building.paths.voicemail)


def recording_s(company: Company, extension: str) -> float:
    """How much of the message that is being left is on disk."""
    store = mailboxes(company)
    drafts = [one for one in store.drafts() if (one.domain, one.extension) == (company.domain, extension)]
    sounds = [sound for one in drafts if (sound := store.draft_sound(one)).exists()]
    return max((sound.stat().st_size / 16000 for sound in sounds), default=0.0)


def leaves_a_message(company: Company, caller: Phone, at: str = "102") -> Call:
    """Call Bob's voicemail, skip the greeting and speak; the caller is still on the line."""
    call = caller.dial(at)
    call.wait_answered()
    call.dtmf(SKIP)
    await_that(lambda: recording_s(company, "102") > SAID_S, "the message is being recorded")
    return call


def is_delivered(company: Company) -> None:
    """Wait until Bob has a message."""
    await_that(lambda: bool(company.building.voicemail(company.domain, "102")), "the message is in the mailbox")


def tone_share(sound: bytes, tone: int) -> float:
    """How much of a recording's second half second is a tone."""
    with wave.open(io.BytesIO(sound)) as opened:
        samples = array.array("h", opened.readframes(opened.getnframes()))
    return share(samples[8000:12000], tone)


@pytest.fixture
def to_voicemail(company: Company) -> Company:
    """A company in which Bob's calls go to his voicemail."""
    company.building.forwards(company.domain, "102", RowTyped("always", ("voicemail",)))
    return company


def test_a_message_is_left_heard_and_deleted(company: Company) -> None:
    company.building.forwards(company.domain, "102", RowTyped("busy", ("voicemail",)))
    alice, bob = company.phone("101"), company.phone("102")
    call = alice.dial("102")
    bob.incoming().reject(486)
    call.wait_answered()
    call.dtmf(SKIP)
    await_that(lambda: recording_s(company, "102") > SAID_S, "the message is being recorded")
    call.hangup()
    is_delivered(company)
    (message,) = company.building.voicemail(company.domain, "102")
    assert (message["from"], message["name"], message["heard"], message["mail"]) == (
        *("101", "Alice Martin", False, "none"),
    )
    (kept,) = mailboxes(company).messages(company.domain, "102")
    assert tone_share(mailboxes(company).sound(kept).read_bytes(), alice.tone) > 0.5
    listening = bob.dial("*97")
    listening.wait_answered()
    listening.dtmf("1")
    listening.dtmf("1")
    listening.hears(alice.tone, 30)
    listening.dtmf("7")
    await_that(lambda: not company.building.voicemail(company.domain, "102"), "the message is deleted")
    listening.dtmf("#")
    listening.wait_ended(30)


def test_a_caller_who_presses_a_key_hears_that_it_is_saved(to_voicemail: Company) -> None:
    alice = to_voicemail.phone("101")
    call = leaves_a_message(to_voicemail, alice)
    call.dtmf("#")
    assert call.wait_ended(30).code == 200
    assert len(to_voicemail.building.voicemail(to_voicemail.domain, "102")) == 1


def test_who_says_nothing_leaves_nothing(to_voicemail: Company) -> None:
    alice = to_voicemail.phone("101")
    call = alice.dial("102")
    call.wait_answered()
    call.hangup()
    await_that(lambda: not mailboxes(to_voicemail).drafts(), "nothing is being recorded")
    assert to_voicemail.building.voicemail(to_voicemail.domain, "102") == []


def test_a_number_of_a_mailbox(company: Company) -> None:
    company.building.serves_at(company.domain, "8102", "voicemail:102")
    leaves_a_message(company, company.phone("101"), at="8102").hangup()
    is_delivered(company)


def test_a_group_that_nobody_answers_for_takes_a_message(company: Company) -> None:
    company.building.adds_group(company.domain, "sales", ["103"], then="voicemail:102")
    company.building.serves_at(company.domain, "200", "group:sales")
    leaves_a_message(company, company.phone("101"), at="200").hangup()
    is_delivered(company)


def test_a_full_mailbox_takes_nothing_and_says_so(to_voicemail: Company) -> None:
    alice = to_voicemail.phone("101")
    to_voicemail.building.sets_voicemail(to_voicemail.domain, "102", most=1)
    leaves_a_message(to_voicemail, alice).hangup()
    is_delivered(to_voicemail)
    call = alice.dial("102")
    call.wait_answered()
    assert call.wait_ended(30).code == 200
    assert len(to_voicemail.building.voicemail(to_voicemail.domain, "102")) == 1


def test_from_another_phone_with_mailbox_and_pin(to_voicemail: Company) -> None:
    alice, carol = to_voicemail.phone("101"), to_voicemail.phone("103")
    to_voicemail.building.sets_voicemail(to_voicemail.domain, "102", pin="4729")
    leaves_a_message(to_voicemail, alice).hangup()
    is_delivered(to_voicemail)
    call = carol.dial("*98")
    call.wait_answered()
    call.dtmf("102#")
    call.dtmf("4729#")
    call.dtmf("11")
    call.hears(alice.tone, 40)
    call.dtmf("#")
    call.hangup()
    await_that(lambda: to_voicemail.building.voicemail(to_voicemail.domain, "102")[0]["heard"], "it is an old message")


def test_a_wrong_pin_opens_nothing(to_voicemail: Company) -> None:
    alice, carol = to_voicemail.phone("101"), to_voicemail.phone("103")
    to_voicemail.building.sets_voicemail(to_voicemail.domain, "102", pin="4729")
    leaves_a_message(to_voicemail, alice).hangup()
    call = carol.dial("*98")
    call.wait_answered()
    for _ in range(3):
        call.dtmf("102#")
        call.dtmf("4728#")
    call.wait_ended(50)
    assert not to_voicemail.building.voicemail(to_voicemail.domain, "102")[0]["heard"]


def test_a_message_survives_the_death_of_the_services(to_voicemail: Company) -> None:
    alice = to_voicemail.phone("101")
    call = leaves_a_message(to_voicemail, alice)
    to_voicemail.building.stops("services")
    call.hangup()
    to_voicemail.building.starts("services")
    (message,) = to_voicemail.building.voicemail(to_voicemail.domain, "102")
    assert message["seconds"] >= SAID_S


def test_a_message_is_mailed_also_when_the_server_was_away(to_voicemail: Company) -> None:
    building, domain = to_voicemail.building, to_voicemail.domain
    alice = to_voicemail.phone("101")
    building.gives_email(domain, "102", "bob@example.org")
    building.mails_by(f"127.0.0.1:{MAIL_PORT}")
    building.stops("services")  # it learns of a server within half a minute, or when it starts
    building.starts("services")
    leaves_a_message(to_voicemail, alice).hangup()
    is_delivered(to_voicemail)
    await_that(lambda: "refused" in building.voicemail(domain, "102")[0]["mail"], "the list says why it waits")
    await_that(lambda: "wait to be mailed" in str(building.status()), "status says so")
    with post_office(building.network.namespace(NODE), MAIL_PORT) as office:
        await_that(lambda: bool(office.letters), "the letter arrives")
        await_that(lambda: building.voicemail(domain, "102")[0]["mail"] == "sent", "the list says so")
    (letter,) = office.letters
    assert letter["To"] == "bob@example.org"
    assert "Alice Martin (101)" in letter["Subject"]
    (attachment,) = letter.iter_attachments()
    sound = attachment.get_content()
    assert tone_share(sound, alice.tone) > 0.5
    (kept,) = mailboxes(to_voicemail).messages(domain, "102")
    assert sound == mailboxes(to_voicemail).sound(kept).read_bytes()
    assert length_s(Path(mailboxes(to_voicemail).sound(kept))) >= SAID_S
