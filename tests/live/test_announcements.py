"""Announcements: what callers hear, and how the call goes on."""

from __future__ import annotations

import array
import json
import math
import os
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.live.company import Company
from tests.phones.tones import SAMPLE_RATE, TONES
from tests.worlds.building import carillon

from carillon.provisioning.forwardings import RowTyped
from carillon.stores.prompts import Prompts

pytestmark = pytest.mark.engines

TONE = TONES[-1]


@pytest.fixture
def prompt(tmp_path: Path) -> Path:
    """Three seconds of a tone that no phone here plays, in 44.1 kHz stereo."""
    file, rate = tmp_path / "closed.wav", 44100
    samples = array.array("h")
    for place in range(3 * rate):
        samples.extend([int(12000 * math.sin(2 * math.pi * TONE * place / rate))] * 2)
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples.tobytes())
    assert rate != SAMPLE_RATE
    return file


def test_a_caller_hears_an_announcement_and_the_call_ends(company: Company, prompt: Path) -> None:
    company.building.announces(company.domain, "closed", prompt)
    company.building.serves_at(company.domain, "300", "announcement:closed")
    call = company.phone("101", tone=TONES[0]).dial("300")
    call.wait_answered()
    call.hears(TONE)
    assert call.wait_ended(15).code == 200


def test_an_announcement_before_the_answer_and_a_code(company: Company, prompt: Path) -> None:
    company.building.announces(company.domain, "closed", prompt, "--answer", "no", "--code", "603")
    company.building.forwards(company.domain, "102", RowTyped("always", ("announcement:closed",)))
    call = company.phone("101", tone=TONES[0]).dial("102")
    call.wait_response(183)
    call.hears(TONE)
    ended = call.wait_ended(15)
    assert ended.code == 603


def test_an_announcement_is_played_again_and_the_call_goes_on(company: Company, prompt: Path) -> None:
    company.building.announces(company.domain, "closed", prompt, "--times", "2", "--then", "103")
    company.building.forwards(company.domain, "102", RowTyped("always", ("announcement:closed",)))
    alice, carol = company.phone("101", tone=TONES[0]), company.phone("103", tone=TONES[1])
    call = alice.dial("102")
    call.wait_answered()
    for _ in range(2):
        call.hears(TONE)
        call.hears_not(TONE)
    at_carol = carol.incoming(15)
    at_carol.answer()
    call.hears(carol.tone)
    at_carol.hears(alice.tone)
    at_carol.hangup()
    call.wait_ended()


BREAKS: dict[str, Callable[[Path], object]] = {
    "is cut off": lambda place: os.truncate(place, place.stat().st_size // 2),
    "is missing": lambda place: place.unlink(),
    "is no sound any more": lambda place: place.write_bytes(b"letter"),
    "can't be read (Permission denied)": lambda place: (os.chown(place, 0, 0), place.chmod(0o600)),
}


@pytest.mark.parametrize("problem", list(BREAKS))
def test_a_sound_that_broke_on_the_disk_is_told_and_calls_go_on(company: Company, prompt: Path, problem: str) -> None:
    """Its caller hears why, or goes on where it leads to; the list says it."""
    building, alice, carol = company.building, company.phone("101", tone=TONES[0]), company.phone("103", tone=TONES[1])
    building.announces(company.domain, "closed", prompt)
    building.announces(company.domain, "moved", prompt, "--then", "103")
    for number, name in (("300", "closed"), ("301", "moved")):
        building.serves_at(company.domain, number, f"announcement:{name}")
        BREAKS[problem](Prompts(building.paths.prompts).place(company.domain, name))
    call = alice.dial("300")
    ended = call.wait_ended()
    assert ended.code == 480
    assert f"The sound of closed {problem}" in (ended.header("Warning") or "")
    onward = alice.dial("301")
    carol.incoming().answer()
    onward.wait_answered()
    onward.hears(carol.tone)
    told = carillon(building.network, "--dir", str(building.directory), "announcement", "list", "--json")
    said = {row["name"]: row["problem"] for row in json.loads(told) if row["domain"] == company.domain}
    assert problem.startswith("can't") or f"its sound {problem}" in said["closed"]  # root can read everything


def test_a_group_that_nobody_answers_for_goes_on_to_an_announcement(company: Company, prompt: Path) -> None:
    company.building.announces(company.domain, "closed", prompt)
    company.building.adds_group(company.domain, "sales", ["103"], then="announcement:closed")
    company.building.serves_at(company.domain, "200", "group:sales")
    call = company.phone("101", tone=TONES[0]).dial("200")
    call.wait_answered()
    call.hears(TONE)
