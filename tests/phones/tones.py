"""Which tones sound in received audio: Goertzel's filter over 200 ms. Pure: no audio device, no clock."""

from __future__ import annotations

import array
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

SAMPLE_RATE = 8000  # Hz
HOP = SAMPLE_RATE // 20  # samples in the 50 ms between two looks
HOPS_TO_BELIEVE = 4  # a tone counts once it was there for 200 ms without a break, and so does its absence
SHARE = 0.2  # of the energy that a tone must hold: up to four phones can be mixed
FAINT = 100.0  # mean square of samples (±32767) below which all is silence

# Quarter tones, four semitones apart: on none of the notes of the hold music, ring back or DTMF.
TONES = (453, 571, 719, 906, 1142, 1438, 1811)

Verdict = Literal["hears", "silence"]


def share(samples: array.array[int], frequency: int) -> float:
    """Give the share (0 to 1) of the samples' energy that lies at `frequency` (Hz)."""
    energy = sum(sample * sample for sample in samples)
    if energy <= FAINT * len(samples):
        return 0.0
    factor = 2 * math.cos(2 * math.pi * frequency / SAMPLE_RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = before * before + last * last - factor * before * last
    return 2 * power / (len(samples) * energy)


@dataclass
class Ear:
    """Says when a known tone begins or stops to be heard. Feed it 16-bit mono samples at SAMPLE_RATE."""

    frequencies: tuple[int, ...] = TONES
    _fresh: array.array[int] = field(default_factory=lambda: array.array("h"))
    _window: array.array[int] = field(default_factory=lambda: array.array("h"))  # of whole hops
    _streak: dict[int, int] = field(default_factory=dict)  # hops in a row with (+) or without (-) the tone
    _said: dict[int, Verdict] = field(default_factory=dict)

    def listen(self) -> None:
        """Forget all that was heard; what sounds from now on is said anew, and so is what doesn't."""
        self._window, self._fresh = array.array("h"), array.array("h")
        self._streak.clear()
        self._said.clear()

    def feed(self, samples: array.array[int]) -> Iterator[tuple[Verdict, int]]:
        """Take samples in; give each tone that is now heard, or no longer, as (verdict, frequency)."""
        self._fresh.extend(samples)
        while len(self._fresh) >= HOP:
            hop, self._fresh = self._fresh[:HOP], self._fresh[HOP:]
            self._window = (self._window + hop)[-HOP * HOPS_TO_BELIEVE :]
            for frequency in self.frequencies:
                verdict = self._judge(frequency, hop)
                if verdict and self._said.get(frequency) != verdict:
                    self._said[frequency] = verdict
                    yield verdict, frequency

    def _judge(self, frequency: int, hop: array.array[int]) -> Verdict | None:
        """Count hops; only a tone in all of them is worth the finer look, which tells tones 10 Hz apart."""
        streak = self._streak.get(frequency, 0)
        streak = max(streak, 0) + 1 if share(hop, frequency) >= SHARE else min(streak, 0) - 1
        self._streak[frequency] = streak
        if abs(streak) < HOPS_TO_BELIEVE:
            return None
        if streak < 0:
            return "silence"
        known = self._said.get(frequency) == "hears"  # a lost packet shifts the phase, no more
        if known or share(self._window, frequency) >= SHARE:
            return "hears"
        return "silence" if streak >= 2 * HOPS_TO_BELIEVE else None
