"""Which of the members that were all stopped in good order, at the same moment, begins the cluster (ADR 42).

Each waits before its MariaDB starts, and tells the others, where its database will be, how far its data reach: by TLS,
in which both show certificates of the system's nodes. Once all are there that were together last, the furthest begins.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from carillon.model.host import Address

ASK_S: Final = 2.0
AGAIN_S: Final = 0.5
GREET_S: Final = 1.0
"""Who asks begins at once; a client of MariaDB waits for a greeting that does not come, and is sent away."""
LONGEST: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Waiting:
    """A member that waits: where its database is (HOST:PORT), whose history it has, how far it reaches.

    `together` are the databases of those who were in the cluster when it changed last, itself among them.
    """

    place: str
    history: str
    sequence: int
    together: tuple[str, ...]


class Seen(StrEnum):
    """What is at the place of a member that does not wait as we do."""

    AWAY = "away"
    SILENT = "silent"
    UP = "up"


def begins_first(own: Waiting, there: Mapping[str, Waiting]) -> str | None:
    """Who begins, by place; None while somebody is missing who may have come further.

    Who was with fewer at the end stopped later; of equals the first place begins, so that all say the same.
    """
    needed = [place for place in own.together if place != own.place]
    if any(place not in there or there[place].history != own.history for place in needed):
        return None
    all_of_them = (own, *(there[place] for place in needed))
    return min(all_of_them, key=lambda one: (-one.sequence, len(one.together), one.place)).place


def agreed(own: Waiting, others: Sequence[str], ask: Callable[[str], Waiting | Seen]) -> bool:
    """Wait until one is up or begins; whether this one does. A member whose MariaDB waits by itself is joined."""
    while True:
        seen = {place: ask(place) for place in others}
        there = {place: one for place, one in seen.items() if isinstance(one, Waiting)}
        if Seen.UP in seen.values() or any(seen.get(place) is Seen.SILENT for place in own.together):
            return False
        if begins_first(own, there) == own.place:
            return True
        time.sleep(AGAIN_S)


def asked(place: str, context: ssl.SSLContext) -> Waiting | Seen:
    """Who is at a place."""
    address = Address.parse(place, 3306)
    try:
        with (
            socket.create_connection((address.host, address.port), ASK_S) as plain,
            context.wrap_socket(plain) as connection,
            connection.makefile("rb") as said,
        ):
            told = json.loads(said.readline(LONGEST))
            return Waiting(**{**told, "together": tuple(told["together"])})
    except TimeoutError:
        return Seen.SILENT
    except ssl.SSLEOFError:
        return Seen.AWAY
    except ssl.SSLError:
        return Seen.UP  # a greeting of MariaDB's, which is no TLS
    except (OSError, ValueError, KeyError, TypeError):
        return Seen.AWAY


@contextmanager
def telling(own: Waiting, context: ssl.SSLContext) -> Iterator[None]:
    """Answer whoever asks, until MariaDB takes the place. Raises OSError when something else has it."""
    address = Address.parse(own.place, 3306)
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.create_server((address.host, address.port), family=family) as listener:
        thread = threading.Thread(target=_tell, args=(listener, own, context), daemon=True)
        thread.start()
        try:
            yield
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _tell(listener: socket.socket, own: Waiting, context: ssl.SSLContext) -> None:
    line = json.dumps(asdict(own)).encode() + b"\n"
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), plain:
            plain.settimeout(GREET_S)
            with context.wrap_socket(plain, server_side=True) as connection:
                connection.sendall(line)


def say(own: Waiting) -> None:
    """For the log."""
    missing = ", ".join(place for place in own.together if place != own.place)
    print(f"database: waits for {missing}; its data reach change {own.sequence}", file=sys.stderr, flush=True)
