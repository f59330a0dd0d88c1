"""Packets of sound in the files that the media relay writes (libpcap's format, RTP by RFC 3550)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import BinaryIO

_RECORD = struct.Struct("<IIII")
_RTP = struct.Struct("!BBHII")
_UDP = 17


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: when it came (Unix seconds), from where, and what it carries. `stamp` counts the codec's clock."""

    at: float
    source: tuple[str, int]
    kind: int
    stamp: int
    stream: int
    payload: bytes


def packets(path: Path) -> Iterator[Packet]:
    """All packets of sound in the order in which they came; a file that was cut short ends earlier. Raises OSError."""
    with path.open("rb") as file:
        file.read(24)
        while (found := _next(file)) is not None:
            at, data = found
            packet = _packet(at, data)
            if packet is not None:
                yield packet


def _next(file: BinaryIO) -> tuple[float, bytes] | None:
    head = file.read(_RECORD.size)
    if len(head) < _RECORD.size:
        return None
    seconds, microseconds, length, _ = _RECORD.unpack(head)
    data = file.read(length)
    return (seconds + microseconds / 1e6, data) if len(data) == length else None


def _packet(at: float, data: bytes) -> Packet | None:
    """None for what is no sound: RTCP, STUN, or broken."""
    if not data:
        return None
    if data[0] >> 4 == 4:
        head, protocol, source = (data[0] & 15) * 4, data[9], data[12:16]
    else:
        head, protocol, source = 40, data[6], data[8:24]
    if protocol != _UDP or len(data) < head + 20:
        return None
    port = int.from_bytes(data[head : head + 2], "big")
    return _rtp(at, (str(ip_address(source)), port), data[head + 8 :])


def _rtp(at: float, source: tuple[str, int], data: bytes) -> Packet | None:
    first, second, _, stamp, stream = _RTP.unpack_from(data)
    kind, begin = second & 0x7F, 12 + 4 * (first & 15)
    if first >> 6 != 2 or 64 <= kind <= 95:
        return None
    if first & 0x10:
        begin += 4 + 4 * int.from_bytes(data[begin + 2 : begin + 4], "big")
    end = len(data) - (data[-1] if first & 0x20 else 0)
    return Packet(at, source, kind, stamp, stream, data[begin:end])
