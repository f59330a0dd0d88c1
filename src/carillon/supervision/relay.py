"""Asking the media relay, in its own protocol (ng): bencoded, one datagram each way."""

from __future__ import annotations

import re
import secrets
import socket

from carillon.confgen import rtpengine
from carillon.model.node import Node

PATIENCE_S = 3.0
LONGEST = 65536
PING = b"d7:command4:pinge"
LIST = b"d7:command4:list5:limiti1000ee"

_SESSION = re.compile(rb"[0-9]+:([0-9a-f]{24}(?:-[0-9]+)?)")


def pings(node: Node) -> bool:
    """Whether the answer to a ping is the right one. Raises OSError when there is none."""
    return b"4:pong" in _asked(node, PING)


def sessions(node: Node) -> list[str]:
    """The sessions that it carries, at most 1,000. Raises OSError when it does not answer."""
    return [name.decode() for name in _SESSION.findall(_asked(node, LIST))]


def _asked(node: Node, command: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE_S)
        asking.connect(rtpengine.control(node))
        asking.send(secrets.token_hex(8).encode() + b" " + command)
        return asking.recv(LONGEST)
