"""Where a phone's received sound ends up: pjsua2's media thread brings it, the main thread judges it."""

from __future__ import annotations

import array
import time
from collections import deque
from collections.abc import Iterator

import pjsua2 as pj
from tests.phones.stack import FRAME_MICROSECONDS, media_format
from tests.phones.tones import HOP, HOPS_TO_BELIEVE, SAMPLE_RATE, Ear, Verdict

FRAME_BYTES = 2 * SAMPLE_RATE * FRAME_MICROSECONDS // 1_000_000


class Earpiece(pj.AudioMediaPort):  # type: ignore[misc]
    """Takes sound in on pjsua2's media thread, which brings a frame each 20 ms even when nothing is heard."""

    def __init__(self, frequencies: tuple[int, ...]) -> None:
        super().__init__()
        self._ear = Ear(frequencies)
        self._frames: deque[bytes] = deque()
        self.createPort("ear", media_format())

    def onFrameReceived(self, frame: pj.MediaFrame) -> None:
        """Keep 20 ms of sound; a frame without any is silence."""
        self._frames.append(bytes(frame.buf) if frame.size else bytes(FRAME_BYTES))

    def listen(self) -> None:
        """Begin anew, without what came before."""
        self._frames.clear()
        self._ear.listen()

    def judge(self) -> Iterator[tuple[Verdict, int, float]]:
        """Give what began or stopped: (verdict, Hz, since when on the monotonic clock in seconds)."""
        sound = array.array("h")
        while self._frames:
            sound.frombytes(self._frames.popleft())
        since = time.monotonic() - HOP * HOPS_TO_BELIEVE / SAMPLE_RATE
        for verdict, frequency in self._ear.feed(sound):
            yield verdict, frequency, since
