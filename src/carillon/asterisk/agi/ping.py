"""Asking a FastAGI server whether it is there; small, for the watchdog."""

from __future__ import annotations

import socket

PING, PONG = b"ping\n", b"pong\n"


def answers(address: str, port: int, patience_s: float) -> bool:
    """Whether the server answers in time."""
    try:
        with socket.create_connection((address, port), patience_s) as asking:
            asking.sendall(PING)
            return asking.recv(16) == PONG
    except OSError:
        return False
