"""Sends sound back to where it comes from: whoever calls a raw agent beside it hears himself."""

from __future__ import annotations

import threading
from socket import SOCK_DGRAM
from types import TracebackType

from tests.lab.sockets import open_socket

PORT = 40000
"""Where raw agents say that they take sound."""


class Mirror:
    """A socket for RTP in a namespace, answered by a thread while the block lasts."""

    def __init__(self, namespace: str | None, address: str, port: int = PORT) -> None:
        self._socket = open_socket(namespace, SOCK_DGRAM, (address, port))
        self._socket.settimeout(0.2)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._reflect)

    def __enter__(self) -> Mirror:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._ends.set()
        self._thread.join()
        self._socket.close()

    def _reflect(self) -> None:
        while not self._ends.is_set():
            try:
                packet, peer = self._socket.recvfrom(2048)
            except TimeoutError:
                continue
            self._socket.sendto(packet, peer)
