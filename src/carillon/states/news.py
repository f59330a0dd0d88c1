"""What others tell the daemon, as datagrams of JSON: losing one costs a moment, each is made good by a later one.

    {"published": "102@example.org"}                      a phone has published
    {"calls": {"102@example.org": [line, …]}}             the calls of these people, now
    {"calls": {…}, "everybody": true}                     and nobody else has any
    {"calls": {…}, "node": "node2"}                       the same, at a sibling of this node

A line has the fields of `presence.picture.Line`.
"""

from __future__ import annotations

import json
import os
import select
import socket
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from carillon.presence.picture import DialogState, Line

LONGEST = 1 << 18
MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class News:
    """One thing that was told."""

    published: str = ""
    calls: Mapping[str, tuple[Line, ...]] | None = None
    everybody: bool = False
    node: str = ""


class Ear:
    """Where the daemon hears."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(str(path))
        os.chmod(path, 0o600)

    def fileno(self) -> int:
        """For who waits for several."""
        return self._socket.fileno()

    def heard(self, patience_s: float) -> Iterator[News]:
        """What was told, waiting at most so long for the first; what can't be understood is left out."""
        select.select([self._socket], [], [], patience_s)
        for _ in range(MOST_AT_ONCE):
            try:
                data = self._socket.recv(LONGEST)
            except BlockingIOError:
                return
            news = understood(data)
            if news:
                yield news


def understood(data: bytes) -> News | None:
    """What a datagram says; None when it says nothing that we know."""
    try:
        told = json.loads(data)
        if "published" in told:
            return News(published=str(told["published"]))
        calls = {aor: _lines(some) for aor, some in told["calls"].items()}
        return News(calls=calls, everybody=told.get("everybody", False), node=str(told.get("node", "")))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def calls_told(calls: Mapping[str, tuple[Line, ...]], *, everybody: bool = False, node: str = "") -> bytes:
    """The datagram that tells of calls of this node, or of those at a sibling."""
    lines = {aor: [asdict(line) for line in some] for aor, some in calls.items()}
    told = {"calls": lines, "everybody": everybody, **({"node": node} if node else {})}
    return json.dumps(told, separators=(",", ":")).encode()


def _lines(told: Any) -> tuple[Line, ...]:
    return tuple(Line(**{**line, "state": DialogState(line["state"])}) for line in told)
