"""How a raw agent's bytes travel: UDP datagrams, or SIP messages cut out of TCP and TLS streams."""

from __future__ import annotations

import re
import select
import socket
import ssl
import time
from collections import deque
from typing import Protocol

from tests.lab.sockets import inside, open_socket
from tests.phones.certificate import server_context

Peer = tuple[str, int]
CONNECT_SECONDS = 5.0


class Link(Protocol):
    """Bytes out and messages in."""

    @property
    def local(self) -> Peer:
        """Own address and port."""

    def send(self, data: bytes, to: Peer) -> None:
        """Send bytes as they are."""

    def receive(self, timeout: float) -> tuple[bytes, Peer]:
        """Give the next message and who sent it; raises TimeoutError (seconds)."""

    def close(self) -> None:
        """Close all sockets."""


class Datagrams:
    """UDP: a datagram is a message."""

    def __init__(self, namespace: str | None, local: Peer) -> None:
        self._socket = open_socket(namespace, socket.SOCK_DGRAM, local)

    @property
    def local(self) -> Peer:
        """Own address and port."""
        host, port, *_ = self._socket.getsockname()
        return host, port

    def send(self, data: bytes, to: Peer) -> None:
        """Send a datagram."""
        self._socket.sendto(data, to)

    def receive(self, timeout: float) -> tuple[bytes, Peer]:
        """Give the next datagram and its sender; raises TimeoutError (seconds)."""
        self._socket.settimeout(max(timeout, 0.001))
        data, peer = self._socket.recvfrom(65535)
        return data, peer[:2]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class Streams:
    """TCP or TLS: listens, connects to whom it sends first, and keeps every connection."""

    def __init__(self, namespace: str | None, local: Peer, tls: bool) -> None:
        self._namespace, self._host, self._tls = namespace, local[0], tls
        self._listener = open_socket(namespace, socket.SOCK_STREAM, local)
        self._listener.listen()
        self._connections: dict[Peer, socket.socket] = {}
        self._unread: dict[Peer, bytes] = {}
        self._messages: deque[tuple[bytes, Peer]] = deque()

    @property
    def local(self) -> Peer:
        """Own address and the port that it listens on."""
        host, port = self._listener.getsockname()
        return host, port

    def send(self, data: bytes, to: Peer) -> None:
        """Send on the connection to a peer, making one when there is none."""
        connection = self._connections.get(to) or self._connect(to)
        connection.settimeout(CONNECT_SECONDS)
        connection.sendall(data)

    def receive(self, timeout: float) -> tuple[bytes, Peer]:
        """Give the next message and who sent it; raises TimeoutError (seconds)."""
        deadline = time.monotonic() + timeout
        while not self._messages:
            sockets = [self._listener, *self._connections.values()]
            ready, _, _ = select.select(sockets, [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise TimeoutError("nothing came in")
            if self._listener in ready:
                self._accept()
            for peer in [peer for peer, each in self._connections.items() if each in ready]:
                self._read(peer)
        return self._messages.popleft()

    def close(self) -> None:
        """Close all connections."""
        for each in [self._listener, *self._connections.values()]:
            each.close()

    def connected(self, peer: Peer) -> bool:
        """Say whether a connection to a peer is open, as far as was read."""
        return peer in self._connections

    def _connect(self, to: Peer) -> socket.socket:
        with inside(self._namespace):
            plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        plain.settimeout(CONNECT_SECONDS)
        try:
            plain.bind((self._host, 0))
            plain.connect(to)
        except OSError:
            plain.close()
            raise
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the system signs its own
        return self._keep(to, context.wrap_socket(plain) if self._tls else plain)

    def _accept(self) -> None:
        plain, peer = self._listener.accept()
        plain.settimeout(CONNECT_SECONDS)
        if not self._tls:
            self._keep(peer, plain)
            return
        self._keep(peer, server_context().wrap_socket(plain, server_side=True))

    def _keep(self, peer: Peer, connection: socket.socket) -> socket.socket:
        self._connections[peer], self._unread[peer] = connection, b""
        return connection

    def _read(self, peer: Peer) -> None:
        connection = self._connections[peer]
        connection.settimeout(0)
        try:
            while piece := connection.recv(65536):
                self._unread[peer] += piece
            self._drop(peer)
        except (ssl.SSLWantReadError, BlockingIOError):
            pass  # all that is there was read
        except ConnectionResetError:
            self._drop(peer)
        messages, self._unread[peer] = cut(self._unread[peer])
        self._messages.extend((message, peer) for message in messages)

    def _drop(self, peer: Peer) -> None:
        self._connections.pop(peer).close()


def cut(stream: bytes) -> tuple[list[bytes], bytes]:
    """Cut the whole messages off a stream's begin by their Content-Length; give them and what is left."""
    messages: list[bytes] = []
    while True:
        stream = stream.lstrip(b"\r\n")  # keep-alives
        head, gap, rest = stream.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
        size = int(length[1]) if length else 0
        if not gap or len(rest) < size:
            return messages, stream
        messages.append(head + gap + rest[:size])
        stream = rest[size:]
