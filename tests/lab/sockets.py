"""Sockets of another network namespace, opened by this process: a socket stays where it was made."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def open_socket(namespace: str | None, kind: socket.SocketKind, address: tuple[str, int]) -> socket.socket:
    """Open a socket in a namespace (None: this process's own) and bind it to `address`; port 0 takes any.

    Raises OSError when the address isn't there or the port is in use.
    """
    with inside(namespace):
        opened = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, kind)
    if kind == socket.SOCK_STREAM:  # for datagrams it would let two agents share a port
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind(address)
    except OSError:
        opened.close()
        raise
    return opened


@contextmanager
def inside(namespace: str | None) -> Iterator[None]:
    """Let this thread, and no other, be in a network namespace for a moment; needs root unless None."""
    if namespace is None:
        yield
        return
    with Path("/proc/thread-self/ns/net").open() as home, Path("/run/netns", namespace).open() as away:
        enter(away.fileno(), CLONE_NEWNET)
        try:
            yield
        finally:
            enter(home.fileno(), CLONE_NEWNET)


def enter(descriptor: int, kind: int) -> None:
    """Move this thread to a namespace of this kind (Python has os.setns since 3.12 only). Raises OSError."""
    if _LIBC.setns(descriptor, kind):
        error = ctypes.get_errno()
        raise OSError(error, f"setns: {os.strerror(error)}")
