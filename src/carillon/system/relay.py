"""Asking the media relay, in its own protocol (ng): bencoded, one datagram each way, at its (host, port)."""

from __future__ import annotations

import contextlib
import re
import secrets
import socket
from pathlib import Path

PATIENCE_S = 3.0
WORKERS_PATIENCE_S = 0.4
"""How long a worker of Kamailio waits: less than the half second after which a phone repeats its INVITE."""
LONGEST = 65536
PING = b"d7:command4:pinge"
LIST = b"d7:command4:list5:limiti1000ee"
STATISTICS = b"d7:command10:statisticse"

_SESSION = re.compile(rb"[0-9]+:([0-9a-f]{24}(?:-[0-9]+)?)")
_DURATION = re.compile(rb"8:durationi([0-9]+)e")
_COUNT = re.compile(rb"11:sessionsowni([0-9]+)e")

Where = tuple[str, int]


def pings(relay: Where) -> bool:
    """Whether the answer to a ping is the right one. Raises OSError when there is none."""
    return b"4:pong" in _asked(relay, PING)


def sessions(relay: Where) -> list[str]:
    """The sessions that it carries, at most 1,000. Raises OSError when it does not answer."""
    return [name.decode() for name in _SESSION.findall(_asked(relay, LIST))]


def session_count(relay: Where) -> float:
    """How many sessions it carries; "not a number" when it does not say."""
    try:
        found = _COUNT.search(_asked(relay, STATISTICS))
    except OSError:
        return float("nan")
    return float(found[1]) if found else float("nan")


def records(relay: Where, session: str, metadata: str) -> bool:
    """Have a session written down from now on, to new packets. Raises OSError when it does not answer."""
    told = b"".join(map(_text, ("call-id", session, "command", "start recording", "metadata", metadata)))
    return b"6:result2:ok" in _asked(relay, b"d" + told + b"e")


def stops_recording(relay: Where, session: str) -> bool:
    """Have a session written down no more: what was is finished. Raises OSError when it does not answer."""
    told = b"".join(map(_text, ("call-id", session, "command", "stop recording")))
    return b"6:result2:ok" in _asked(relay, b"d" + told + b"e")


def hushes(relay: Where, session: str, *, hush: bool) -> bool:
    """Let both sides hear nothing of each other, or again; keys and what is recorded go through. Raises OSError."""
    told = b"".join(map(_text, ("call-id", session, "command", "block media" if hush else "unblock media")))
    return b"6:result2:ok" in _asked(relay, b"d" + told + b"e")


def plays(relay: Where, session: str, sound: Path) -> float | None:
    """Play an audio file to both sides; how long it is (seconds), None if that can't be done. Raises OSError.

    It comes beside what the other side says, as a second stream that phones can't tell apart: hush that first.
    """
    told = b"".join(map(_text, ("call-id", session, "command", "play media", "file", str(sound))))
    said = _asked(relay, b"d" + told + b"5:flagsl3:allee")
    found = _DURATION.search(said) if b"6:result2:ok" in said else None
    return int(found[1]) / 1000 if found else None


def stops_playing(relay: Where, session: str) -> bool:
    """Play no more to either side. Raises OSError when it does not answer."""
    told = b"".join(map(_text, ("call-id", session, "command", "stop media")))
    return b"6:result2:ok" in _asked(relay, b"d" + told + b"5:flagsl3:allee")


def knows(relay: Where, session: str) -> bool:
    """Whether it carries a session. Raises OSError when it does not answer."""
    told = b"".join(map(_text, ("call-id", session, "command", "query")))
    return b"6:result2:ok" in _asked(relay, b"d" + told + b"e")


def tells_end(relay: Where, session: str) -> None:
    """Tell it that a session has ended, and wait for no answer. Raises nothing: it forgets silent ones in time."""
    told = b"".join(map(_text, ("call-id", session, "command", "delete")))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as telling, contextlib.suppress(OSError):
        telling.setblocking(False)
        telling.sendto(_cookie() + b" d" + told + b"e", relay)


def _cookie() -> bytes:
    return secrets.token_hex(8).encode()


def _text(value: str) -> bytes:
    return b"%d:%s" % (len(value.encode()), value.encode())


def _asked(relay: Where, command: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE_S)
        asking.connect(relay)
        asking.send(_cookie() + b" " + command)
        return asking.recv(LONGEST)
