"""Registrations as a stopped Kamailio has left them in its file: a hundred thousand phones without a REGISTER."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from carillon.stores.registrations import julian
from carillon.system.paths import SERVICE_USER

LASTS_S = 3600.0
PHONES_AT = "192.0.2.7:5060"
_AGENT = "Yealink SIP-T46S 66.86.0.15"
_COLUMNS = "ruid, username, domain, contact, expires, callid, user_agent, socket"
_INSERT = f"INSERT INTO location ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own column names


def leave(location: Path, domain: str, extensions: Iterable[str], socket: str) -> None:
    """Write them, each with one phone heard by `socket`, as Kamailio names it: udp:ADDRESS:PORT."""
    until = julian(time.time() + LASTS_S)
    rows = (
        (f"left-{one}", one, domain, f"sip:{one}@{PHONES_AT}", until, f"call-{one}", _AGENT, socket)
        for one in extensions
    )
    with closing(sqlite3.connect(location)) as opened, opened:
        opened.executemany(_INSERT, rows)
    for file in location.parent.glob(f"{location.name}*"):
        shutil.chown(file, SERVICE_USER, SERVICE_USER)
