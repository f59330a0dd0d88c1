"""Recorded calls with real engines: one file a call, in which both sides are heard."""

from __future__ import annotations

import array
import json
import os
import signal
import stat
import time
import wave
from pathlib import Path
from typing import Any

import pytest
from tests.live.company import Company
from tests.phones.call import Call
from tests.phones.phone import Phone
from tests.phones.tones import SAMPLE_RATE, TONES, Ear
from tests.worlds.building import Building, carillon
from tests.worlds.live import LiveOffice

from carillon.provisioning.forwardings import RowTyped
from carillon.recordings.announcer import FIRST_S, HERTZ, NO_RELAY, make_tone

pytestmark = pytest.mark.engines

ALICE, BOB, CAROL = TONES[:3]
PATIENCE_S = 20
LISTENS: dict[str, Any] = {"listens_for": (ALICE, BOB, CAROL, HERTZ)}


def command_of(building: Building, *words: str) -> Any:
    """What a command of `carillon` answers."""
    return json.loads(carillon(building.network, "--dir", str(building.directory), *words, "--json"))


def command(company: Company, *words: str) -> Any:
    """The same for a company."""
    return json.loads(carillon(company.building.network, "--dir", str(company.building.directory), *words, "--json"))


def records(company: Company, whose: str, *more: str) -> int:
    """Make a rule; its number."""
    return int(command(company, "recording", "rule", "add", f"{whose}@{company.domain}", *more)["id"])


def recordings(company: Company, how_many: int = 1) -> list[dict[str, Any]]:
    """All recordings of this company, newest first, as soon as there are so many."""
    deadline = time.monotonic() + PATIENCE_S
    while len(found := command(company, "recording", "list", "--domain", company.domain)) < how_many:
        assert time.monotonic() < deadline, f"only {found}"
        time.sleep(0.2)
    return list(found)


def talk(alice: Phone, bob: Phone) -> tuple[Call, Call]:
    """A call that is up, with sound both ways."""
    call = alice.dial(bob.user)
    heard = bob.incoming()
    heard.answer()
    call.hears(BOB)
    heard.hears(ALICE)
    return call, heard


def sounds(company: Company, recording: int) -> tuple[set[int], set[int]]:
    """The tones on the left track, of the recorded side, and on the right one, of what it heard."""
    path = Path(command(company, "recording", "show", str(recording))["path"])
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        step = file.getframerate() // SAMPLE_RATE
        both = array.array("h", file.readframes(file.getnframes()))
    return tones(both[0::2][::step]), tones(both[1::2][::step])


def tones(samples: array.array[int]) -> set[int]:
    """The tones that can be heard anywhere in it."""
    return {frequency for verdict, frequency in Ear().feed(samples) if verdict == "hears"}


def test_a_recorded_call_is_one_file_with_both_sides(company: Company) -> None:
    records(company, "101")
    alice, bob = company.phone("101", tone=ALICE), company.phone("102", tone=BOB)
    call, heard = talk(alice, bob)
    call.hangup()
    heard.wait_ended()
    (row,) = recordings(company)
    assert (row["state"], row["direction"], row["caller_name"], row["callee_name"]) == (
        *("kept", "internal", "Alice Martin", "Bob Dupont"),
    )  # fmt: skip
    assert row["seconds"] > 0.2
    assert sounds(company, row["id"]) == ({ALICE}, {BOB})
    path = Path(command(company, "recording", "show", str(row["id"]))["path"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o700 for each in path.parents if company.domain in str(each))
    command(company, "recording", "remove", str(row["id"]))
    assert not path.exists()
    assert command(company, "recording", "list", "--domain", company.domain) == []


@pytest.mark.parametrize("codec", ["PCMU/8000", "G722/16000", "GSM/8000"])
def test_whatever_the_codec_it_can_be_played(company: Company, codec: str) -> None:
    records(company, "101")
    alice, bob = company.phone("101", tone=ALICE, codecs=(codec,)), company.phone("102", tone=BOB)
    call, heard = talk(alice, bob)
    call.hangup()
    heard.wait_ended()
    (row,) = recordings(company)
    assert row["state"] == "kept"
    assert sounds(company, row["id"]) == ({ALICE}, {BOB})


def test_an_encrypted_call_is_recorded(company: Company) -> None:
    company.building.encrypts(company.domain, "102")
    records(company, "102")
    alice = company.phone("101", tone=ALICE)
    bob = company.phone("102", tone=BOB, encrypts=True, transport="tls")
    call, heard = talk(alice, bob)
    call.hangup()
    heard.wait_ended()
    (row,) = recordings(company)
    assert sounds(company, row["id"]) == ({BOB}, {ALICE})


def test_of_several_phones_that_ring_one_makes_the_file(company: Company) -> None:
    records(company, "102")
    company.gives_device("102", "bob-mobile")
    alice, bob = company.phone("101", tone=ALICE), company.phone("102", tone=BOB)
    mobile = company.phone("102", device="bob-mobile", tone=CAROL)
    call = alice.dial("102")
    mobile.incoming()
    heard = bob.incoming()
    heard.answer()
    call.hears(BOB)
    heard.hears(ALICE)
    call.hangup()
    heard.wait_ended()
    (row,) = recordings(company)
    assert sounds(company, row["id"]) == ({BOB}, {ALICE})


def test_two_people_who_are_both_recorded_make_one_file(company: Company) -> None:
    records(company, "everybody")
    call, heard = talk(company.phone("101", tone=ALICE), company.phone("102", tone=BOB))
    call.hangup()
    heard.wait_ended()
    recordings(company)
    talk(company.phone("101", tone=ALICE), company.phone("102", tone=BOB))[0].hangup()
    assert [row["extension"] if "extension" in row else row["caller"] for row in recordings(company, 2)] == [
        f"101@{company.domain}"
    ] * 2


def test_a_call_that_is_held_is_recorded_before_and_after(company: Company) -> None:
    records(company, "101")
    call, heard = talk(company.phone("101", tone=ALICE), company.phone("102", tone=BOB))
    heard.hold()
    call.hears_not(BOB)
    heard.resume()
    call.hears(BOB)
    heard.hears(ALICE)
    call.hangup()
    heard.wait_ended()
    (row,) = recordings(company)
    left, right = sounds(company, row["id"])
    assert left == {ALICE}
    assert BOB in right


def test_a_forwarded_call_is_recorded(company: Company) -> None:
    """By the caller's rule, whoever answers."""
    records(company, "101")
    company.building.forwards(company.domain, "102", RowTyped("always", ("103",)))
    alice, carol = company.phone("101", tone=ALICE), company.phone("103", tone=CAROL)
    call = alice.dial("102")
    heard = carol.incoming()
    heard.answer()
    call.hears(CAROL)
    heard.hears(ALICE)
    call.hangup()
    heard.wait_ended()
    (row,) = recordings(company)
    assert sounds(company, row["id"]) == ({ALICE}, {CAROL})


def test_a_call_that_is_transferred_goes_on_being_recorded(company: Company) -> None:
    records(company, "101")
    alice, bob = company.phone("101", tone=ALICE), company.phone("102", tone=BOB)
    carol = company.phone("103", tone=CAROL)
    call, heard = talk(alice, bob)
    heard.transfer(company.uri("103"))
    third = carol.incoming()
    third.answer()
    call.hears(CAROL)
    third.hears(ALICE)
    call.hangup()
    third.wait_ended()
    (row,) = recordings(company)
    left, right = sounds(company, row["id"])
    assert left == {ALICE}
    assert {BOB, CAROL} <= right


def test_a_call_by_a_trunk_is_recorded(building: Building) -> None:
    with LiveOffice.open(building) as office:
        provider = office.provider()
        office.numbers(office.bob, "+3225551234")
        command_of(building, "recording", "rule", "add", f"trunk:{provider.name}@{office.domain}")
        call = provider.calls_in("+3225551234", "+32475000000")
        call.rings(office.bob)
        office.bob.answers(call)
        call.is_up()
        office.bob.hangs_up(call)
        call.is_over()
        deadline = time.monotonic() + PATIENCE_S
        while not (found := command_of(building, "recording", "list", "--domain", office.domain)):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert [(row["direction"], row["state"]) for row in found] == [("in", "kept")]


def test_a_call_that_nobody_wants_recorded_needs_no_relay(company: Company) -> None:
    records(company, "103")
    call, heard = talk(company.phone("101", tone=ALICE), company.phone("102", tone=BOB))
    assert company.building.relayed() == []
    call.hangup()
    heard.wait_ended()


def test_without_the_relay_the_call_goes_on_and_the_loss_is_said(company: Company) -> None:
    records(company, "101", "--calls", "internal")
    records(company, "103", "--required")
    alice, bob, carol = (
        company.phone(user, tone=tone) for user, tone in zip(("101", "102", "103"), TONES, strict=False)
    )
    company.building.stops("rtpengine")
    try:
        refused = carol.dial("102").wait_ended()
        assert refused.code == 503
        assert "must be recorded" in (refused.header("Warning") or "")
        call, heard = talk(alice, bob)
        call.hangup()
        heard.wait_ended()
        call = bob.dial("101")
        heard = alice.incoming()
        heard.answer()
        call.hears(ALICE)
        call.hangup()
        heard.wait_ended()
    finally:
        company.building.starts("rtpengine")
    rows = recordings(company, 2)
    assert {(row["state"], row["why"]) for row in rows} == {("lost", "the media relay did not answer")}


def test_a_recording_that_the_relays_death_cut_short_is_kept_and_said(company: Company) -> None:
    records(company, "101")
    talk(company.phone("101", tone=ALICE), company.phone("102", tone=BOB))
    old = company.pid("rtpengine")
    os.kill(old, signal.SIGKILL)
    company.building.awaits_restart("rtpengine", old)
    (row,) = recordings(company)
    assert (row["state"], row["why"]) == ("cut", "the media relay died")
    assert sounds(company, row["id"]) == ({ALICE}, {BOB})


def presses_the_key(company: Company, call: Call, told: str) -> None:
    """`*1`, until the services say that it was heeded."""

    def heeded() -> list[str]:
        return [line for line in company.building.logged_by_services(company.domain) if line.startswith("recording: ")]

    before = len(heeded())
    call.dtmf("*1")
    deadline = time.monotonic() + PATIENCE_S
    while len(heeded()) == before:
        assert time.monotonic() < deadline, "nobody heeds the key"
        time.sleep(0.05)
    assert heeded()[-1].endswith(told), heeded()


def longest_silence_s(company: Company, recording: int) -> float:
    """The longest part of a file in which nothing at all is on both tracks."""
    path = Path(command(company, "recording", "show", str(recording))["path"])
    with wave.open(str(path)) as opened:
        samples = array.array("h", opened.readframes(opened.getnframes()))
        rate = 2 * opened.getframerate()
    runs = "".join("x" if any(samples[at : at + 320]) else " " for at in range(0, len(samples), 320)).split("x")
    return max(map(len, runs)) * 320 / rate


@pytest.mark.parametrize("who", ["101", "102"])
def test_a_call_is_recorded_on_demand_and_paused(company: Company, who: str) -> None:
    records(company, who, "--on-demand")
    alice, bob = company.phone("101", tone=ALICE), company.phone("102", tone=BOB)
    call, heard = talk(alice, bob)
    mine = call if who == "101" else heard
    other = BOB if who == "101" else ALICE
    assert len(company.building.relayed()) == 1
    assert not list((company.building.paths.recording_spool / "pcaps").iterdir())
    presses_the_key(company, mine, "begins")
    mine.hears(other)
    presses_the_key(company, mine, "pauses")
    paused = time.monotonic()
    mine.hears(other)
    paused = time.monotonic() - paused
    presses_the_key(company, mine, "begins")
    mine.hears(other)
    call.hangup()
    (row,) = recordings(company)
    assert (row["state"], row["on_demand"], row["why"]) == ("kept", True, None)
    own = ALICE if who == "101" else BOB
    assert sounds(company, row["id"]) == ({own}, {other})
    assert longest_silence_s(company, row["id"]) >= paused


def test_a_recorded_call_is_paused_where_a_rule_lets_him(company: Company) -> None:
    records(company, "101", "--pausable")
    call, _ = talk(company.phone("101", tone=ALICE), company.phone("102", tone=BOB))
    presses_the_key(company, call, "pauses")
    call.hears(BOB)
    presses_the_key(company, call, "begins")
    call.hears(BOB)
    call.hangup()
    (row,) = recordings(company)
    assert (row["state"], row["on_demand"]) == ("kept", False)


def test_without_the_right_the_key_is_only_a_key(company: Company) -> None:
    records(company, "101")
    call, heard = talk(company.phone("101", tone=ALICE), company.phone("102", tone=BOB))
    call.dtmf("*1")
    heard.wait_dtmf("*1")
    call.hangup()
    (row,) = recordings(company)
    assert row["state"] == "kept"


def test_a_call_for_which_nobody_presses_the_key_leaves_nothing(company: Company) -> None:
    records(company, "101", "--on-demand")
    bob = company.phone("102", tone=BOB)
    call, heard = talk(company.phone("101", tone=ALICE), bob)
    call.hangup()
    heard.wait_ended()
    records(company, "103")
    carol = company.phone("103", tone=ALICE)
    at_carol = bob.dial("103")
    carol.incoming().answer()
    at_carol.hears(ALICE)
    at_carol.hangup()
    (row,) = recordings(company)
    assert row["callee_name"] == "Carol Peeters"


def test_a_hold_and_a_transfer_leave_the_key(company: Company) -> None:
    records(company, "101", "--on-demand")
    alice, bob = company.phone("101", tone=ALICE), company.phone("102", tone=BOB)
    call, heard = talk(alice, bob)
    call.hold()
    call.resume()
    presses_the_key(company, call, "begins")
    carol = company.phone("103", tone=CAROL)
    heard.transfer(company.uri("103"))
    third = carol.incoming()
    third.answer()
    call.hears(CAROL)
    presses_the_key(company, call, "pauses")
    call.hangup()
    (row,) = recordings(company)
    assert row["state"] == "kept"
    left, right = sounds(company, row["id"])
    assert left == {ALICE}
    assert CAROL in right


def have_heard_the_tone(*calls: Call, since: tuple[int, ...] = ()) -> None:
    """Both sides hear it, or have heard it since a mark in their journals; it is over when this returns."""
    for call, mark in zip(calls, since or (0,) * len(calls), strict=True):
        call.journal.wait(2 * PATIENCE_S, mark, event="hears", call=call.number, frequency=HERTZ)
    for call in calls:
        call.hears_not(HERTZ)


def announcement(company: Company, place: Path, seconds: float = 2.0) -> str:
    """An announcement that sounds like the tone."""
    make_tone(place / "recorded.wav", seconds)
    company.building.announces(company.domain, "recorded", place / "recorded.wav")
    return "announcement:recorded"


def marks(*calls: Call) -> tuple[int, ...]:
    """How far their journals are."""
    return tuple(call.journal.length for call in calls)


def tones_heard(*calls: Call) -> int:
    """How many tones all of them have heard."""
    return sum(len(call.journal.matching(event="hears", call=call.number, frequency=HERTZ)) for call in calls)


@pytest.mark.parametrize("who", ["101", "102"])
def test_both_sides_hear_that_they_are_recorded(company: Company, who: str) -> None:
    """Again and again; afterwards they hear each other, and what was said meanwhile is in the file."""
    records(company, who, "--announce", "tone", "--tone-every", "5")
    alice, bob = company.phone("101", tone=ALICE, **LISTENS), company.phone("102", tone=BOB, **LISTENS)
    call, heard = talk(alice, bob)
    have_heard_the_tone(call, heard)
    have_heard_the_tone(call, heard, since=marks(call, heard))
    call.hears(BOB)
    heard.hears(ALICE)
    call.hangup()
    heard.wait_ended()
    (row,) = recordings(company)
    assert (row["state"], row["announced"]) == ("kept", "tone, a tone every 5 s")
    own, other = (ALICE, BOB) if who == "101" else (BOB, ALICE)
    assert sounds(company, row["id"]) == ({own}, {other})
    assert longest_silence_s(company, row["id"]) < 0.3


@pytest.mark.parametrize("codec", ["PCMU/8000", "G722/16000"])
def test_the_tone_is_heard_whatever_the_codec_and_in_an_encrypted_call(company: Company, codec: str) -> None:
    company.building.encrypts(company.domain, "102")
    records(company, "102", "--announce", "tone", "--tone-every", "5")
    alice = company.phone("101", tone=ALICE, codecs=(codec,), **LISTENS)
    bob = company.phone("102", tone=BOB, codecs=(codec,), encrypts=True, transport="tls", **LISTENS)
    call, heard = talk(alice, bob)
    have_heard_the_tone(call, heard)
    call.hears(BOB)
    heard.hears(ALICE)


def test_who_is_not_recorded_hears_no_tone(company: Company) -> None:
    records(company, "103", "--announce", "tone", "--tone-every", "5")
    quiet = talk(company.phone("101", tone=ALICE, **LISTENS), company.phone("102", tone=BOB, **LISTENS))
    carol = company.phone("103", tone=CAROL, **LISTENS)
    company.gives_device("101", "alice-mobile")
    other = company.phone("101", device="alice-mobile", tone=ALICE, **LISTENS)
    call = carol.dial("101")
    told = other.incoming()
    told.answer()
    have_heard_the_tone(call, told)
    have_heard_the_tone(call, told, since=marks(call, told))
    assert tones_heard(*quiet) == 0


def test_the_tone_follows_the_key(company: Company, tmp_path: Path) -> None:
    """Nothing while nothing is recorded; it is said to both when it begins, and when it goes on."""
    records(company, "101", "--on-demand", "--announce", announcement(company, tmp_path))
    call, heard = talk(company.phone("101", tone=ALICE, **LISTENS), company.phone("102", tone=BOB, **LISTENS))
    assert tones_heard(call, heard) == 0
    presses_the_key(company, call, "begins")
    have_heard_the_tone(call, heard)
    presses_the_key(company, call, "pauses")
    paused = marks(call, heard)
    heard.hears(ALICE)
    presses_the_key(company, call, "begins")
    have_heard_the_tone(call, heard, since=paused)
    call.hangup()
    (row,) = recordings(company)
    assert (row["state"], row["announced"]) == ("kept", "announcement:recorded")


def test_an_announcement_of_ones_own_is_played_to_both(company: Company, tmp_path: Path) -> None:
    records(company, "everybody", "--announce", announcement(company, tmp_path))
    call, heard = talk(company.phone("101", tone=ALICE, **LISTENS), company.phone("102", tone=BOB, **LISTENS))
    have_heard_the_tone(call, heard)
    call.hangup()
    (row,) = recordings(company)
    assert row["announced"] == "announcement:recorded"


def test_when_no_tone_can_be_played_the_call_goes_on_and_that_is_said(company: Company) -> None:
    """Its file is broken, so that the relay refuses it."""
    tone = company.building.paths.run / "recordings" / "tone.wav"
    records(company, "101", "--announce", "tone")
    tone.write_bytes(b"this is no sound")
    try:
        call, heard = talk(company.phone("101", tone=ALICE, **LISTENS), company.phone("102", tone=BOB, **LISTENS))
        log = company.building.paths.logs / "recordings.log"
        deadline = time.monotonic() + PATIENCE_S
        while f"101@{company.domain} to 102@{company.domain}: {NO_RELAY}" not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        call.hears(BOB)
        heard.hears(ALICE)
        call.hangup()
    finally:
        make_tone(tone, FIRST_S)
    (row,) = recordings(company)
    assert (row["state"], row["announced"]) == ("kept", NO_RELAY)


def test_nobody_stays_hushed_when_the_daemon_dies(company: Company, tmp_path: Path) -> None:
    """Killed while an announcement plays: the next one lets both sides hear each other."""
    records(company, "101", "--announce", announcement(company, tmp_path, 15.0))
    call, heard = talk(company.phone("101", tone=ALICE, **LISTENS), company.phone("102", tone=BOB, **LISTENS))
    call.journal.wait(2 * PATIENCE_S, event="hears", call=call.number, frequency=HERTZ)
    old = company.pid("recordings")
    os.kill(old, signal.SIGKILL)
    company.building.awaits_restart("recordings", old)
    call.hears(BOB)
    heard.hears(ALICE)
