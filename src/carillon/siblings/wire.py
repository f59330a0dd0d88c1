"""The connection between two nodes' daemons: how often it is used, and when it counts as broken."""

from __future__ import annotations

import asyncio
import socket
from typing import Final

BEAT_S: Final = 0.5
SILENT_S: Final = 2.5
"""A sibling that has said nothing for so long is down."""


def quick_to_fail(writer: asyncio.StreamWriter) -> None:
    """End the connection soon when nothing is acknowledged any more (RFC 5482)."""
    own = writer.get_extra_info("socket")
    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SILENT_S * 1000))
    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
