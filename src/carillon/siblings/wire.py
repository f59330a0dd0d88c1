"""The connection between two nodes' daemons: how often it is used, and when it counts as broken."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Final

BEAT_S: Final = 0.5
SILENT_S: Final = 2.5
"""A sibling that has said nothing for so long is down."""


LONGEST: Final = 1 << 20
"""Of a line."""
A_READ: Final = 1 << 16


async def lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """What a sibling says, until it has closed. Raises TimeoutError when it is silent, ValueError for a line too long.

    Many lines come at once: a timer and a turn of the loop for each would cost more than what they say.
    """
    begun = b""
    while data := await _some(reader):
        *whole, begun = (begun + data).split(b"\n")
        if len(begun) > LONGEST:
            raise ValueError("a line is too long")
        for line in whole:
            yield line


async def _some(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(SILENT_S):
        return await reader.read(A_READ)


def bound_to(own: str, there: str) -> tuple[str, int] | None:
    """Where a connection must come from, also on a machine with several addresses; of the other family it can't."""
    return (own, 0) if own and (":" in own) == (":" in there) else None


def quick_to_fail(writer: asyncio.StreamWriter) -> None:
    """End the connection soon when nothing is acknowledged any more (RFC 5482)."""
    own = writer.get_extra_info("socket")
    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SILENT_S * 1000))
    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
