"""Decoding sound, with the libraries that the media relay brings along: spandsp and opus."""

from __future__ import annotations

import ctypes
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

RATE = 16_000
"""All sound is decoded to this many samples a second: what a phone's best codec has."""

Decode = Callable[[bytes], "array[int]"]


@dataclass(frozen=True, slots=True)
class Codec:
    """How to make a decoder, which keeps what one packet leaves for the next; `clock` ticks a second in its stamps."""

    clock: int
    decoder: Callable[[], Decode]


def _law(table: array[int]) -> Callable[[], Decode]:
    return lambda: lambda payload: doubled(array("h", [table[byte] for byte in payload]))


def _alaw(byte: int) -> int:
    byte ^= 0x55
    value = ((byte & 0x0F) << 4) + 8
    step = (byte & 0x70) >> 4
    value = value if not step else (value + 0x100) << (step - 1)
    return value if byte & 0x80 else -value


def _ulaw(byte: int) -> int:
    byte = ~byte & 0xFF
    value = (((byte & 0x0F) << 3) + 0x84) << ((byte & 0x70) >> 4)
    return 0x84 - value if byte & 0x80 else value - 0x84


def doubled(samples: array[int]) -> array[int]:
    """Twice as many samples a second, each new one half way between its neighbours."""
    out = array("h", bytes(4 * len(samples)))
    out[0::2] = samples
    following = samples[1:] + samples[-1:]
    out[1::2] = array("h", [(a + b) >> 1 for a, b in zip(samples, following, strict=True)])
    return out


@cache
def _library(name: str) -> ctypes.CDLL:
    return ctypes.CDLL(name)


def _g722() -> Decode:
    spandsp = _library("libspandsp.so.2")
    spandsp.g722_decode_init.restype = ctypes.c_void_p
    state = ctypes.c_void_p(spandsp.g722_decode_init(None, 64_000, 0))

    def decode(payload: bytes) -> array[int]:
        out = (ctypes.c_int16 * (2 * len(payload) + 16))()
        count = spandsp.g722_decode(state, out, payload, len(payload))
        return _samples(out, count)

    return decode


def _gsm() -> Decode:
    spandsp = _library("libspandsp.so.2")
    spandsp.gsm0610_init.restype = ctypes.c_void_p
    state = ctypes.c_void_p(spandsp.gsm0610_init(None, 2))  # frames as RTP packs them

    def decode(payload: bytes) -> array[int]:
        out = (ctypes.c_int16 * (160 * (len(payload) // 33 + 1)))()
        return doubled(_samples(out, spandsp.gsm0610_decode(state, out, payload, len(payload))))

    return decode


def _opus() -> Decode:
    opus = _library("libopus.so.0")
    opus.opus_decoder_create.restype = ctypes.c_void_p
    problem = ctypes.c_int()
    state = ctypes.c_void_p(opus.opus_decoder_create(RATE, 1, ctypes.byref(problem)))

    def decode(payload: bytes) -> array[int]:
        out = (ctypes.c_int16 * (RATE * 120 // 1000))()
        return _samples(out, max(0, opus.opus_decode(state, payload, len(payload), out, len(out), 0)))

    return decode


def _samples(out: ctypes.Array[ctypes.c_int16], count: int) -> array[int]:
    samples = array("h")
    samples.frombytes(bytes(out)[: 2 * count])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


CODECS = {
    "pcma": Codec(8_000, _law(array("h", map(_alaw, range(256))))),
    "pcmu": Codec(8_000, _law(array("h", map(_ulaw, range(256))))),
    "g722": Codec(8_000, _g722),
    "gsm": Codec(8_000, _gsm),
    "opus": Codec(48_000, _opus),
}
"""By the names of session descriptions in lower case; what isn't here is passed over, such as keys that are pressed."""
