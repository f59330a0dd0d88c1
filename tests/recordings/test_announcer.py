"""Both sides hear that they are recorded: when, how often, and what becomes of a relay that does not do it."""

from __future__ import annotations

import wave
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from carillon.recordings import announcer
from carillon.recordings.announcer import NO_RELAY, RETRY_S, SETTLE_S, Announcer, make_tone
from carillon.routing.recording import Recording
from carillon.stores.prompts import Prompts
from carillon.stores.recordingspool import PARTS, announced, metadata, note_going, note_paused

DOMAIN = "example.org"
CALL = Recording("leg1", DOMAIN, 3, "101", f"101@{DOMAIN}", "Alice", f"102@{DOMAIN}", "Bob", "internal")
TOLD = replace(CALL, announce="tone")
SESSION = "0123456789abcdef01234567"
LASTS_S = 0.5


@dataclass
class Relay:
    """One on paper: what it played, who is hushed, which sounds it refuses; `down` answers nothing."""

    played: list[str] = field(default_factory=list)
    hushed: set[str] = field(default_factory=set)
    refuses: tuple[str, ...] = ()
    down: bool = False
    calls: tuple[str, ...] = (SESSION,)

    def hushes(self, at: object, session: str, *, hush: bool) -> bool:
        self._answers()
        (self.hushed.add if hush else self.hushed.discard)(session)
        return session in self.calls

    def plays(self, at: object, session: str, sound: Path) -> float | None:
        self._answers()
        assert session in self.hushed, "both would be heard at once"
        if sound.name in self.refuses:
            return None
        self.played.append(sound.name)
        return LASTS_S

    def stops_playing(self, at: object, session: str) -> bool:
        self._answers()
        return True

    def knows(self, at: object, session: str) -> bool:
        self._answers()
        return session in self.calls

    def _answers(self) -> None:
        if self.down:
            raise TimeoutError


@dataclass
class Studio:
    """An announcer with a clock in our hand."""

    announcer: Announcer
    relay: Relay
    clock: list[float]

    def records(self, call: Recording) -> None:
        note_going(self.announcer.spool, SESSION, metadata(str(call), {8: "pcma"}))

    def passes(self, seconds: float) -> None:
        """As its thread would look."""
        end = self.clock[0] + seconds
        while self.clock[0] < end:
            self.clock[0] = min(end, max(self.clock[0] + 0.01, self.announcer.look()))
        self.announcer.look()

    def dies(self) -> None:
        """Another one takes its place."""
        old = self.announcer
        self.announcer = Announcer(old.spool, old.at, old.prompts, old.tones, old.now)
        self.announcer.frees_all()


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """Nothing is recorded yet."""
    for part in PARTS:
        (tmp_path / "spool" / part).mkdir(parents=True)
    relay, clock = Relay(), [100.0]
    monkeypatch.setattr(announcer, "relay", relay)
    at, prompts = ("127.0.0.1", 9), Prompts(tmp_path / "prompts")
    return Studio(Announcer(tmp_path / "spool", at, prompts, tmp_path, lambda: clock[0]), relay, clock)


def test_a_tone_once_when_it_begins(studio: Studio) -> None:
    studio.records(TOLD)
    studio.passes(SETTLE_S / 2)
    assert studio.relay.played == []
    studio.passes(60)
    assert studio.relay.played == ["tone.wav"]
    assert not studio.relay.hushed
    assert announced(studio.announcer.spool, SESSION) == "tone"


def test_and_again_as_often_as_the_rule_says(studio: Studio) -> None:
    studio.records(replace(TOLD, tone_every_s=15))
    studio.passes(SETTLE_S + 46)
    assert studio.relay.played == ["tone.wav", *["tone-again.wav"] * 3]
    assert announced(studio.announcer.spool, SESSION) == "tone, a tone every 15 s"


def test_nobody_hears_the_other_while_it_sounds_and_both_do_afterwards(studio: Studio) -> None:
    studio.records(TOLD)
    studio.passes(SETTLE_S + 0.1)
    assert studio.relay.hushed == {SESSION}
    studio.passes(LASTS_S)
    assert not studio.relay.hushed


def test_a_recording_that_nobody_wants_heard(studio: Studio) -> None:
    studio.records(CALL)
    studio.passes(60)
    assert studio.relay.played == []


def test_a_pause_and_going_on(studio: Studio) -> None:
    studio.records(replace(TOLD, tone_every_s=15))
    studio.passes(SETTLE_S + 1)
    note_paused(studio.announcer.spool, SESSION)
    studio.passes(60)
    assert studio.relay.played == ["tone.wav"]
    studio.records(replace(TOLD, tone_every_s=15))
    studio.passes(SETTLE_S + 1)
    assert studio.relay.played == ["tone.wav"] * 2


def test_an_announcement_and_later_tones(studio: Studio) -> None:
    studio.records(replace(CALL, announce="announcement:told", tone_every_s=15))
    studio.passes(SETTLE_S + 16)
    assert studio.relay.played == ["told.wav", "tone-again.wav"]


def test_an_announcement_that_is_no_sound_is_a_tone(studio: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    studio.relay.refuses = ("told.wav",)
    studio.records(replace(CALL, announce="announcement:told"))
    studio.passes(SETTLE_S + 1)
    assert studio.relay.played == ["tone.wav"]
    assert "told.wav could not be played" in capsys.readouterr().out


def test_what_cannot_be_played_is_said_once_and_tried_again(studio: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    studio.relay.down = True
    studio.records(TOLD)
    studio.passes(SETTLE_S + 3 * RETRY_S)
    assert capsys.readouterr().out.count(NO_RELAY) == 1
    assert announced(studio.announcer.spool, SESSION) == NO_RELAY
    studio.relay.down = False
    studio.passes(RETRY_S)
    assert studio.relay.played == ["tone.wav"]
    assert announced(studio.announcer.spool, SESSION) == "tone"


def test_of_a_call_that_is_over_nothing_is_said(studio: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    studio.relay.calls = ()
    studio.records(TOLD)
    studio.passes(60)
    assert (studio.relay.played, capsys.readouterr().out) == ([], "")


def test_whoever_comes_after_a_crash_frees_both_sides_and_repeats_nothing(studio: Studio) -> None:
    studio.records(replace(TOLD, tone_every_s=15))
    studio.passes(SETTLE_S + 0.1)
    assert studio.relay.hushed == {SESSION}
    studio.dies()
    assert not studio.relay.hushed
    studio.passes(14)
    assert studio.relay.played == ["tone.wav"]
    studio.passes(2)
    assert studio.relay.played == ["tone.wav", "tone-again.wav"]


def test_the_tone_is_a_sound(tmp_path: Path) -> None:
    make_tone(tmp_path / "tone.wav", LASTS_S)
    with wave.open(str(tmp_path / "tone.wav")) as file:
        assert file.getnframes() == LASTS_S * file.getframerate()
