"""One file of sound from the packets of a call: left the recorded side, right what it hears."""

from __future__ import annotations

import wave
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from carillon.recordings.codecs import CODECS, RATE, Codec, Decode
from carillon.recordings.packets import Packet

LATE_S = 2.0
"""What comes later than this is lost; so much is kept in memory."""

DRIFT_S = 0.5
"""So far a sender's clock may be from the time of arrival; else its sound is put where it arrived (after a hold)."""

MOST = 60 * RATE
"""Samples that are written at once: pauses may be long."""

LEFT, RIGHT = 0, 1


@dataclass(frozen=True, slots=True)
class Written:
    """How long the sound is, in seconds, and how many packets nobody could decode."""

    seconds: float
    passed_over: int


@dataclass
class _Stream:
    """One sender's sound: where its next sample belongs, in samples from the beginning."""

    codec: Codec
    decode: Decode
    stamp: int
    place: int

    def put(self, packet: Packet, arrived: int) -> int:
        """Where the packet's first sample belongs."""
        ahead = (packet.stamp - self.stamp) & 0xFFFFFFFF
        ahead -= (ahead & 0x80000000) << 1
        place = self.place + ahead * RATE // self.codec.clock
        if abs(place - arrived) > DRIFT_S * RATE:
            self.stamp, self.place = packet.stamp, arrived
            return arrived
        return place


@dataclass
class _Tape:
    """Two tracks of which the older part is in the file already."""

    file: wave.Wave_write
    begin: int = 0
    tracks: tuple[array[int], array[int]] = field(default_factory=lambda: (array("h"), array("h")))

    def put(self, track: int, place: int, samples: array[int]) -> None:
        """Lay samples on a track; what is older than the tape is cut off."""
        skip = max(0, self.begin - place)
        samples, at = samples[skip:], max(0, place - self.begin)
        tape = self.tracks[track]
        if len(tape) < at + len(samples):
            tape.frombytes(bytes(2 * (at + len(samples) - len(tape))))
        tape[at : at + len(samples)] = samples

    def write(self, until: int) -> None:
        """Write both tracks as far as `until`."""
        while self.begin < until:
            self._write(min(until - self.begin, MOST))

    def _write(self, count: int) -> None:
        both = array("h", bytes(4 * count))
        for track, tape in enumerate(self.tracks):
            ready = tape[:count]
            both[track : track + 2 * len(ready) : 2] = ready
            del tape[:count]
        self.file.writeframes(both.tobytes())
        self.begin += count

    @property
    def end(self) -> int:
        """Where the longer track ends."""
        return self.begin + max(map(len, self.tracks))


def write(path: Path, found: Iterable[Packet], codecs: Mapping[int, str], is_far: Callable[[Packet], bool]) -> Written:
    """Make the file at `path`; `is_far` tells what the recorded side hears. Raises OSError, as on a full disk."""
    streams: dict[tuple[tuple[str, int], int, int], _Stream] = {}
    passed_over, began = 0, None
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        tape = _Tape(file)
        for packet in found:
            codec = CODECS.get(codecs.get(packet.kind, ""))
            if codec is None or not packet.payload:
                passed_over += codecs.get(packet.kind) not in (None, "telephone-event", "cn", *CODECS)
                continue
            began = packet.at if began is None else began
            arrived = round((packet.at - began) * RATE)
            key = (packet.source, packet.stream, packet.kind)
            if key not in streams:
                streams[key] = _Stream(codec, codec.decoder(), packet.stamp, arrived)
            stream = streams[key]
            tape.write(arrived - round(LATE_S * RATE))  # before a pause is laid on the tape
            tape.put(RIGHT if is_far(packet) else LEFT, stream.put(packet, arrived), stream.decode(packet.payload))
        tape.write(tape.end)
        return Written(tape.end / RATE, passed_over)
