"""Registrations as Kamailio keeps them in its file: who is reached where, until when."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from carillon.presence.reginfo import Contact
from carillon.sip.uri import SipUri
from carillon.stores.ports import StoreDown
from carillon.stores.registrationjournal import Binding

_UNIX_EPOCH_JULIAN = 2440587.5
_QUERY = "SELECT * FROM location WHERE (:username IS NULL OR username = :username AND domain = :domain)"

_CONTACTS = "SELECT ruid, contact, expires, q, callid, cseq FROM location"
_CONTACTS += " WHERE username = ? AND domain = ? AND expires > ? ORDER BY id"


@dataclass(frozen=True, slots=True)
class Registration:
    """One binding of an AOR (RFC 3261 §10). Times are Unix seconds; `q` None means that the phone gave none.

    `connected` is whether its TCP or TLS connection is there; None on UDP, which has none.
    `leads_to` is where it was seen, "" where it says so itself: for a phone whose home is a sibling, that.
    """

    extension: str
    domain: str
    contact: str
    address: str
    transport: str
    user_agent: str
    q: float | None
    since: float
    expires: float
    connected: bool | None = None
    leads_to: str = ""


def registrations(path: Path, aor: tuple[str, str] | None = None) -> list[Registration]:
    """All bindings, or those of one AOR (extension, domain); raises StoreDown."""
    if not path.exists():
        return []  # never started
    username, domain = aor or (None, None)
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)) as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute(_QUERY, {"username": username, "domain": domain}).fetchall()
    except sqlite3.Error as error:
        raise StoreDown(f"{path.name}: {error}") from error
    return [_registration(row) for row in rows]


def contacts_of(path: Path, aor: str, now: float) -> tuple[Contact, ...]:
    """Where an AOR is registered, a second behind the registrar, by one indexed look. Raises StoreDown."""
    extension, _, domain = aor.partition("@")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)) as connection:
            rows = connection.execute(_CONTACTS, (extension, domain, julian(now))).fetchall()
    except sqlite3.Error as error:
        raise StoreDown(f"{path.name}: {error}") from error
    return tuple(
        Contact(id, contact, round(_unix(ends), 1), None if q is None or q < 0 else q, call_id or "", cseq)
        for id, contact, ends, q, call_id, cseq in rows
    )


def _registration(row: sqlite3.Row) -> Registration:
    target = SipUri.parse(row["received"] or row["contact"]) or SipUri("", "?")
    transport = (row["socket"] or "udp").split(":", 1)[0]
    return Registration(
        extension=row["username"],
        domain=row["domain"],
        contact=row["contact"],
        address=f"{target.host}:{target.port or 5060}",
        transport=transport,
        user_agent=row["user_agent"] or "",
        q=None if row["q"] is None or row["q"] < 0 else row["q"],
        since=_unix(row["last_modified"]),
        expires=_unix(row["expires"]),
        connected=None if transport == "udp" else False,
        leads_to=row["received"] or "",
    )


def bindings(path: Path) -> dict[str, tuple[Binding, ...]]:
    """All that the file holds of each address of record; raises StoreDown."""
    if not path.exists():
        return {}  # never started
    found: dict[str, list[Binding]] = {}
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)) as connection:
            connection.row_factory = sqlite3.Row
            for row in connection.execute("SELECT * FROM location"):
                found.setdefault(f"{row['username']}@{row['domain']}", []).append(kept(row))
    except sqlite3.Error as error:
        raise StoreDown(f"{path.name}: {error}") from error
    return {aor: tuple(each) for aor, each in found.items()}


def count_own(path: Path, homes: Collection[str], now: float) -> int:
    """How many contacts have their home here, and not at one of these (URIs), in Unix time `now`; raises StoreDown."""
    return own_left(path, homes, now)[0]


def own_left(path: Path, homes: Collection[str], now: float) -> tuple[int, int]:
    """The same, and in how many seconds the last of them ends; raises StoreDown."""
    if not path.exists():
        return 0, 0
    marks = ", ".join("?" * len(homes))
    query = "SELECT COUNT(*), MAX(expires) FROM location"
    query += f" WHERE expires > ? AND coalesce(received, '') NOT IN ({marks})"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)) as connection:
            count, last = connection.execute(query, (julian(now), *homes)).fetchone()
    except sqlite3.Error as error:
        raise StoreDown(f"{path.name}: {error}") from error
    return count, round(_unix(last) - now) if count else 0


def kept(row: sqlite3.Row) -> Binding:
    """A row of the file."""
    q = row["q"]
    return Binding(
        contact=row["contact"],
        received=row["received"] or "",
        path=row["path"] or "",
        call_id=row["callid"] or "",
        user_agent=row["user_agent"] or "",
        socket=row["socket"] or "",
        instance=row["instance"] or "",
        ruid=row["ruid"] or "",
        expires=round(_unix(row["expires"])),
        q=-1 if q is None or q < 0 else round(q * 1000),
        cseq=row["cseq"],
        reg_id=row["reg_id"],
        modified=round(_unix(row["last_modified"])),
        flags=row["cflags"],
    )


def julian(unix: float) -> float:
    """A time as the engine writes it into SQLite: the Julian day of these Unix seconds."""
    return unix / 86400 + _UNIX_EPOCH_JULIAN


def _unix(julian_day: float) -> float:
    return (julian_day - _UNIX_EPOCH_JULIAN) * 86400
