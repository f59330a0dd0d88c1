"""From packets to a file: each codec, both tracks, gaps, holds, and what nobody can decode."""

from __future__ import annotations

import array
import ctypes
import math
import struct
import wave
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.phones.tones import SAMPLE_RATE, TONES, Ear

from carillon.recordings.codecs import CODECS, RATE
from carillon.recordings.packets import Packet, packets
from carillon.recordings.sound import write

PHONE, GATEWAY = ("192.0.2.7", 4000), ("192.0.2.1", 10000)
HERE, THERE = TONES[0], TONES[1]
NEVER, ALAW, OPUS = 13, 8, 96
LEVELS = sorted((CODECS["pcma"].decoder()(bytes([byte]))[0], byte) for byte in range(256))
"""What each byte of A-law says."""


def wave_of(frequency: int, rate: int, seconds: float) -> array.array[int]:
    """A tone."""
    return array.array(
        "h", [round(8000 * math.sin(2 * math.pi * frequency * i / rate)) for i in range(round(rate * seconds))]
    )


def spoken(
    frequency: int, source: tuple[str, int], begin: float = 0.0, seconds: float = 1.0, stamp: int = 0
) -> Iterator[Packet]:
    """A tone in A-law, 20 ms a packet."""
    sound = bytes(_alaw(sample) for sample in wave_of(frequency, 8_000, seconds))
    for number in range(round(seconds * 50)):
        said = sound[number * 160 : number * 160 + 160]
        yield Packet(begin + number * 0.02, source, ALAW, stamp + number * 160, 1, said)


def _alaw(sample: int) -> int:
    """The byte that comes back as what is nearest."""
    values = [value for value, _ in LEVELS]
    place = bisect_left(values, sample)
    return min(LEVELS[max(place - 1, 0) : place + 1], key=lambda level: abs(level[0] - sample))[1]


def spoken_in_opus(frequency: int, source: tuple[str, int]) -> Iterator[Packet]:
    """A tone of a second in opus, 20 ms a packet."""
    opus = ctypes.CDLL("libopus.so.0")
    opus.opus_encoder_create.restype = ctypes.c_void_p
    encoder = ctypes.c_void_p(opus.opus_encoder_create(48_000, 1, 2048, ctypes.byref(ctypes.c_int())))
    samples = wave_of(frequency, 48_000, 1.0)
    for number in range(50):
        frame = (ctypes.c_int16 * 960)(*samples[number * 960 : number * 960 + 960])
        out = ctypes.create_string_buffer(1500)
        length = opus.opus_encode(encoder, frame, 960, out, 1500)
        yield Packet(number * 0.02, source, OPUS, number * 960, 1, out.raw[:length])


def tracks(path: Path) -> tuple[array.array[int], array.array[int]]:
    """Left and right."""
    with wave.open(str(path)) as file:
        both = array.array("h", file.readframes(file.getnframes()))
    return both[0::2], both[1::2]


def heard(samples: array.array[int]) -> set[int]:
    """The tones in it."""
    return {tone for verdict, tone in Ear().feed(samples[:: RATE // SAMPLE_RATE]) if verdict == "hears"}


def recorded(path: Path, found: list[Packet], codecs: dict[int, str]) -> tuple[array.array[int], array.array[int]]:
    """The tracks of what these packets say."""
    write(path, sorted(found, key=lambda one: one.at), codecs, lambda packet: packet.source == GATEWAY)
    return tracks(path)


@pytest.mark.engines
def test_both_sides_in_opus(tmp_path: Path) -> None:
    found = [*spoken_in_opus(HERE, PHONE), *spoken_in_opus(THERE, GATEWAY)]
    left, right = recorded(tmp_path / "a.wav", found, {OPUS: "opus"})
    assert (heard(left), heard(right)) == ({HERE}, {THERE})
    assert len(left) / RATE == pytest.approx(1.0, abs=0.05)


def test_both_sides(tmp_path: Path) -> None:
    found = [*spoken(HERE, PHONE), *spoken(THERE, GATEWAY)]
    left, right = recorded(tmp_path / "a.wav", found, {ALAW: "pcma"})
    assert (heard(left), heard(right)) == ({HERE}, {THERE})
    assert len(left) / RATE == pytest.approx(1.0, abs=0.05)


def test_a_pause_is_silence_of_the_same_length(tmp_path: Path) -> None:
    found = [*spoken(HERE, PHONE), *spoken(HERE, PHONE, begin=9.0, stamp=99 * 8_000)]
    left, right = recorded(tmp_path / "a.wav", found, {ALAW: "pcma"})
    assert len(left) == len(right)
    assert len(left) / RATE == pytest.approx(10.0, abs=0.05)
    assert not any(left[2 * RATE : 8 * RATE])
    assert heard(left[9 * RATE :]) == {HERE}


def test_the_stamps_may_begin_again_at_nought(tmp_path: Path) -> None:
    found = list(spoken(HERE, PHONE, stamp=2**32 - 20 * 160))
    wrapped = [Packet(one.at, one.source, one.kind, one.stamp % 2**32, one.stream, one.payload) for one in found]
    left, _ = recorded(tmp_path / "a.wav", wrapped, {ALAW: "pcma"})
    assert len(left) / RATE == pytest.approx(1.0, abs=0.05)


def test_what_nobody_can_decode_is_counted(tmp_path: Path) -> None:
    strange = [
        Packet(0.0, PHONE, 97, 0, 1, b"x"),
        Packet(0.0, PHONE, 101, 0, 1, b"x"),
        Packet(0.0, PHONE, NEVER, 0, 1, b"x"),
    ]
    written = write(tmp_path / "a.wav", strange, {97: "speex", 101: "telephone-event"}, lambda packet: False)
    assert (written.passed_over, written.seconds) == (1, 0.0)


def test_a_file_of_packets_that_was_cut_short_ends_earlier(tmp_path: Path) -> None:
    rtp = struct.pack("!BBHII", 0x80, 8, 1, 160, 7) + bytes(160)
    udp = struct.pack("!HHHH", 4000, 5000, 8 + len(rtp), 0) + rtp
    data = bytes([0x45, *bytes(8), 17, 0, 0, 192, 0, 2, 7, 192, 0, 2, 1]) + udp
    record = struct.pack("<IIII", 100, 500_000, len(data), len(data)) + data
    path = tmp_path / "a.pcap"
    path.write_bytes(bytes(24) + record + record[:50])
    (one,) = packets(path)
    assert (one.at, one.source, one.kind, one.stamp, len(one.payload)) == (100.5, PHONE, 8, 160, 160)


@pytest.mark.parametrize("junk", [b"", bytes(24), bytes(10), b"\xff" * 200])
def test_junk_is_no_sound(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(junk)
    assert list(packets(path)) == []
