"""Lets both sides of a call hear that it is recorded: when that begins, when it goes on after a pause, and in between.

The media relay plays it. It mixes nothing, so neither side hears the other meanwhile; what they say is recorded.
"""

from __future__ import annotations

import array
import math
import os
import threading
import time
import traceback
import wave
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from carillon.model.recording import LONGEST_SOUND_S, TONE
from carillon.routing.recording import Recording
from carillon.stores.prompts import Prompts
from carillon.stores.recordingspool import announced, note_announced, read_metadata
from carillon.system import relay

LOOK_S = 0.2
SETTLE_S = 1.0
"""From the answer, or the key, to what is heard: phones begin to listen late, and a key has its own beep."""
RETRY_S = 2.0
BREATH_S = 0.06
"""Between the last packet of a sound and the other side's next word."""
FIRST_S, AGAIN_S = 0.5, 0.25
"""How long the tone at the beginning is, and each later one (TIA-571: 0.2 to 0.25 s of 1,400 Hz every 15 s)."""
HERTZ, RATE, LOUDNESS = 1400, 8000, 6000

NOT_HEARD = "not heard: the call was over, or the daemon did not run"
NO_RELAY = "not heard: the media relay did not play it"


@dataclass(slots=True)
class Going:
    """A recording that is being made; `stretch` tells what lies before a pause from what lies after it."""

    recording: Recording
    stretch: int
    due: float
    first: bool = True
    complained: bool = False


@dataclass
class Announcer:
    """What is being recorded, and what of it is to be heard when; times are of the monotonic clock."""

    spool: Path
    at: relay.Where
    prompts: Prompts
    tones: Path
    now: Callable[[], float] = time.monotonic
    going: dict[str, Going | int] = field(default_factory=dict)
    hushed: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Work beside the rest of the daemon, which may have an hour of sound to decode; its end is the daemon's."""
        make_tone(self._tone(first=True), FIRST_S)
        make_tone(self._tone(first=False), AGAIN_S)
        threading.Thread(target=self._works, name="announcer", daemon=True).start()

    def _works(self) -> None:
        try:
            self.frees_all()
            while True:
                time.sleep(max(0.0, self.look() - self.now()))
        except BaseException:  # noqa: BLE001 -- the border of a thread
            traceback.print_exc()
            os._exit(1)  # and all is started anew: nobody is recorded in silence

    def frees_all(self) -> None:
        """Nobody stays hushed by a daemon that was killed meanwhile."""
        for path in (self.spool / "going").glob("[0-9a-f]*"):
            self._frees(path.name)

    def look(self) -> float:
        """Do what is due; when to look again."""
        self._ends()
        self._reads()
        for session, one in list(self.going.items()):
            if isinstance(one, Going) and one.due <= self.now() and session not in self.hushed:
                self._plays(session, one)
        return min([self.now() + LOOK_S, *self.hushed.values()])

    def _ends(self) -> None:
        for session in [session for session, end in self.hushed.items() if end <= self.now()]:
            del self.hushed[session]
            self._frees(session)

    def _frees(self, session: str) -> None:
        with suppress(OSError):
            relay.stops_playing(self.at, session)
            relay.hushes(self.at, session, hush=False)

    def _reads(self) -> None:
        """What is going on now; a file that was written anew is what goes on after a pause."""
        there: set[str] = set()
        with suppress(FileNotFoundError), os.scandir(self.spool / "going") as found:
            for entry in found:
                if entry.name.startswith("."):
                    continue
                there.add(entry.name)
                with suppress(FileNotFoundError):
                    self._read(entry.name, entry.stat().st_mtime_ns)
        for session in self.going.keys() - there:
            del self.going[session]

    def _read(self, session: str, stretch: int) -> None:
        known = self.going.get(session)
        if stretch == (known.stretch if isinstance(known, Going) else known):
            return
        recording = _recording(self.spool / "going" / session)
        if recording is None or not recording.announce:
            self.going[session] = stretch
            return
        one = self.going[session] = Going(recording, stretch, self.now() + SETTLE_S)
        if self._is_told(session, stretch):
            one.first, one.due = False, self.now() + (recording.tone_every_s or math.inf)

    def _is_told(self, session: str, stretch: int) -> bool:
        """Whether a daemon before this one has made it heard."""
        try:
            told = (self.spool / "announced" / session).stat().st_mtime_ns
        except OSError:
            return False
        return told >= stretch and announced(self.spool, session) != NO_RELAY

    def _plays(self, session: str, one: Going) -> None:
        lasts = self._hushes_and_plays(session, self._sounds(one))
        one.due = self.now() + (one.recording.tone_every_s or math.inf)
        if lasts is not None:
            self.hushed[session] = self.now() + min(lasts, LONGEST_SOUND_S) + BREATH_S
            if one.first:
                note_announced(self.spool, session, _words(one.recording))
            one.first = False
        elif self._is_up(session):
            one.due = self.now() + RETRY_S
            self._complains(session, one)

    def _complains(self, session: str, one: Going) -> None:
        """Once; the call goes on."""
        if one.complained:
            return
        one.complained = True
        print(f"recordings: {one.recording.caller} to {one.recording.callee}: {NO_RELAY}", flush=True)
        if one.first:
            note_announced(self.spool, session, NO_RELAY)

    def _hushes_and_plays(self, session: str, sounds: tuple[Path, ...]) -> float | None:
        """The first sound that can be played; how long it is."""
        try:
            if not relay.hushes(self.at, session, hush=True):
                return None
            for sound in sounds:
                lasts = relay.plays(self.at, session, sound)
                if lasts is not None:
                    return lasts
                print(f"recordings: {sound} could not be played", flush=True)
        except OSError:
            pass
        self._frees(session)
        return None

    def _is_up(self, session: str) -> bool:
        """Whether the call is there: of one that is over nobody has to hear anything."""
        try:
            return relay.knows(self.at, session)
        except OSError:
            return True

    def _sounds(self, one: Going) -> tuple[Path, ...]:
        """The announcement when it begins, and a tone, should that have no sound any more."""
        announce, tone = one.recording.announce, self._tone(first=one.first)
        if not one.first or announce == TONE:
            return (tone,)
        return self.prompts.place(one.recording.domain, announce.partition(":")[2]), tone

    def _tone(self, *, first: bool) -> Path:
        return self.tones / ("tone.wav" if first else "tone-again.wav")


def make_tone(path: Path, seconds: float) -> None:
    """A WAV file of the tone; its ends swell and fade, so that they don't click."""
    count, edge = int(seconds * RATE), RATE // 100
    samples = (
        int(LOUDNESS * min(1.0, at / edge, (count - at) / edge) * math.sin(2 * math.pi * HERTZ * at / RATE))
        for at in range(count)
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array.array("h", samples).tobytes())


def _words(of: Recording) -> str:
    return f"{of.announce}, a tone every {of.tone_every_s} s" if of.tone_every_s else of.announce


def _recording(path: Path) -> Recording | None:
    try:
        return Recording.parse(read_metadata(path.read_text())[0])
    except (OSError, ValueError):
        return None
