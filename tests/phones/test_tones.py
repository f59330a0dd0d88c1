"""The ear of the test phones hears what sounds, and nothing else."""

from __future__ import annotations

import array
import math

import pytest
from tests.phones.tones import SAMPLE_RATE, TONES, Ear


def _sound(seconds: float, *frequencies: float, loudness: int = 8000) -> array.array[int]:
    def at(step: int) -> int:
        waves = (math.sin(2 * math.pi * f * step / SAMPLE_RATE) for f in frequencies)
        return int(loudness * sum(waves) / max(len(frequencies), 1))

    return array.array("h", map(at, range(int(seconds * SAMPLE_RATE))))


def _heard(ear: Ear, samples: array.array[int]) -> set[int]:
    return {frequency for verdict, frequency in ear.feed(samples) if verdict == "hears"}


@pytest.mark.parametrize("tone", TONES)
def test_a_tone_is_heard_and_no_other(tone: int) -> None:
    assert _heard(Ear(), _sound(0.5, tone)) == {tone}


def test_the_voices_of_a_conference_are_told_apart() -> None:
    assert _heard(Ear(), _sound(0.5, *TONES[:3])) == set(TONES[:3])


@pytest.mark.parametrize("note", [440.0, 466.16, 554.37, 587.33, 697, 770, 880, 1108.73])
def test_notes_of_music_and_keys_are_no_phone(note: float) -> None:
    assert _heard(Ear(), _sound(0.5, note)) == set()


def test_a_click_of_a_tone_is_not_enough() -> None:
    assert _heard(Ear(), _sound(0.5) + _sound(0.1, TONES[0]) + _sound(0.5)) == set()


def test_a_whisper_is_silence() -> None:
    assert _heard(Ear(), _sound(0.5, TONES[0], loudness=10)) == set()


def test_a_tone_that_stops_is_said() -> None:
    ear = Ear((TONES[0],))
    said = list(ear.feed(_sound(0.5, TONES[0]) + _sound(0.6)))
    assert said == [("hears", TONES[0]), ("silence", TONES[0])]


def test_after_listen_the_same_tone_is_said_again() -> None:
    ear = Ear((TONES[0],))
    assert _heard(ear, _sound(0.5, TONES[0])) == {TONES[0]}
    assert _heard(ear, _sound(0.5, TONES[0])) == set()
    ear.listen()
    assert _heard(ear, _sound(0.5, TONES[0])) == {TONES[0]}
