"""How long data that a phone does not acknowledge keeps a TCP connection alive: set where the engine has no setting.

Keep-alives of the kernel ask on idle connections only. When a network went away with data on its way, it would repeat
them for a quarter of an hour, and the phone would look registered. Connections inherit this from who listens.
"""

from __future__ import annotations

import os
import socket
from contextlib import closing, suppress
from pathlib import Path

UNACKNOWLEDGED_S = 60


def limit_unacknowledged() -> int:
    """Set TCP_USER_TIMEOUT (RFC 5482) on each TCP socket on which this process listens; how many there are."""
    return sum(_limit(int(file.name)) for file in Path("/proc/self/fd").iterdir())


def _limit(descriptor: int) -> bool:
    with suppress(OSError), closing(socket.socket(fileno=os.dup(descriptor))) as own:
        listens = own.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if listens and own.family in (socket.AF_INET, socket.AF_INET6) and own.type == socket.SOCK_STREAM:
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_S * 1000)
            return True
    return False
