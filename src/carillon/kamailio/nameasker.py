"""Asks the names daemon for names, and tells others what is new: datagrams, and nobody waits for an answer."""

from __future__ import annotations

import socket
from pathlib import Path


class NameAsker:
    """Never blocks: what the daemon has no room for, or is not there to hear, is lost."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket: socket.socket | None = None

    def ask(self, domain: str, number: str) -> None:
        """Have a number looked up; its name is in shared memory once a source has said it."""
        self.say(f"{domain} {number}")

    def say(self, text: str) -> bool:
        """Tell who listens there; whether he could be told."""
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.sendto(text.encode(), self._path)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """For tests: a worker lives as long as Kamailio does."""
        if self._socket is not None:
            self._socket.close()
