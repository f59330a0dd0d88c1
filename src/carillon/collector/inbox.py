"""The socket that workers connect to, and what has come in by it. A worker never waits for us."""

from __future__ import annotations

import selectors
import socket
from pathlib import Path

QUESTION = b"?"
ANSWER = b"!"
BACKLOG = 128
MOST_BYTES = 1 << 16
MOST_AT_ONCE = 2000
"""Messages taken from one worker before the next one has its turn."""


class Inbox:
    """Takes messages from every worker. Who sends `QUESTION` is answered once all before it is written."""

    def __init__(self, path: Path) -> None:
        self.messages: list[bytes] = []
        self._asking: list[socket.socket] = []
        self._selector = selectors.DefaultSelector()
        self._path = path
        self._listener = _listening(path)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def take(self, timeout_s: float) -> None:
        """Wait at most so long for somebody to say something, and take all that is there."""
        for key, _ in self._selector.select(timeout_s):
            if key.fileobj is self._listener:
                self._accept()
            else:
                assert isinstance(key.fileobj, socket.socket)
                self._drain(key.fileobj)

    @property
    def is_asked(self) -> bool:
        """Whether somebody waits until all is written."""
        return bool(self._asking)

    def answer(self) -> None:
        """Tell those who asked that all is written."""
        for asker in self._asking:
            try:
                asker.send(ANSWER, socket.MSG_NOSIGNAL)
            except OSError:
                continue  # gone meanwhile: its end is seen at the next look
        self._asking.clear()

    def close(self) -> None:
        """Listen no more."""
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            worker, _ = self._listener.accept()
        except OSError:
            return  # gone before we looked
        worker.setblocking(False)
        self._selector.register(worker, selectors.EVENT_READ)

    def _drain(self, worker: socket.socket) -> None:
        for _ in range(MOST_AT_ONCE):
            try:
                message = worker.recv(MOST_BYTES)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                self._leave(worker)
                return
            if message == QUESTION:
                self._asking.append(worker)
            else:
                self.messages.append(message)

    def _leave(self, worker: socket.socket) -> None:
        self._selector.unregister(worker)
        if worker in self._asking:
            self._asking.remove(worker)
        worker.close()


def settle(path: Path, timeout_s: float = 1.0) -> bool:
    """Have the collector write all that it was sent so far; whether it did so in time."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        asking.settimeout(timeout_s)
        try:
            asking.connect(str(path))
            asking.send(QUESTION, socket.MSG_NOSIGNAL)
            return asking.recv(16) == ANSWER
        except OSError:
            return False


def _listening(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
    path.unlink(missing_ok=True)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(BACKLOG)
    return listener
