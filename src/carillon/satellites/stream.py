"""Lines in one compressed stream: what is written is sent in chunks of HTTP (RFC 9112 §7.1)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

A_CHUNK = 16384


class Out(Protocol):
    """Where bytes go."""

    def write(self, content: bytes, /) -> object:
        """Send all of it. Raises OSError."""


class Writer:
    """One answer. `sent` counts its bytes."""

    def __init__(self, out: Out) -> None:
        self._out, self._packed, self._waiting = out, zlib.compressobj(), b""
        self.sent = 0

    def line(self, text: str) -> None:
        """A line, sent with others when there is enough of them."""
        self._waiting += self._packed.compress(text.encode() + b"\n")
        if len(self._waiting) >= A_CHUNK:
            self._send()

    def beat(self) -> None:
        """An empty line, sent now."""
        self._waiting += self._packed.compress(b"\n") + self._packed.flush(zlib.Z_SYNC_FLUSH)
        self._send()

    def end(self) -> None:
        """No more lines."""
        self._waiting += self._packed.flush()
        self._send()
        self._out.write(b"0\r\n\r\n")

    def _send(self) -> None:
        if self._waiting:
            self._out.write(f"{len(self._waiting):x}\r\n".encode() + self._waiting + b"\r\n")
            self.sent += len(self._waiting)
            self._waiting = b""


class In(Protocol):
    """Whence bytes come, as soon as there are any."""

    def read1(self, most: int, /) -> bytes:
        """At most so many; b"" at the end. Raises OSError."""


def read(source: In) -> Iterator[bytes]:
    """The lines of an answer, without their ends, as they come. Raises OSError, zlib.error."""
    unpacked, begun = zlib.decompressobj(), b""
    while part := source.read1(A_CHUNK):
        *whole, begun = (begun + unpacked.decompress(part)).split(b"\n")
        yield from whole
