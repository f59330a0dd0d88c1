"""Telling our own engine by its RPC what a worker can't do itself, as it deals with another transaction just now."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from pathlib import Path


class OwnRpc:
    """Never blocks, and no answer is waited for: those that have come are dropped before the next question."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket: socket.socket | None = None

    def tell(self, method: str, *parameters: str) -> bool:
        """Have a method carried out; whether the engine could be told."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        try:
            self._open().sendto(json.dumps(request).encode(), self._path)
        except OSError:
            return False
        return True

    def _open(self) -> socket.socket:
        """With a name, that the kernel gives: the engine complains if it can't answer. Raises OSError."""
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self._socket.bind("")
        with suppress(BlockingIOError):
            while self._socket.recv(1 << 16):
                pass
        return self._socket
