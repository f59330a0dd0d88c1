"""The directory of this node: one compiled row for each look-up of the call path, in SQLite.

Workers read it and load no SQLAlchemy for that; `sql.directory` writes it, in place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carillon.stores import compiled, smalltables
from carillon.stores.ports import (
    Account,
    DomainProfile,
    GroupProfile,
    Named,
    OutboundRoute,
    Party,
    RingProfile,
    ScheduleProfile,
    SiteProfile,
    StoreDown,
    TrunkProfile,
)
from carillon.stores.servicesettings import AnnouncementProfile, MailboxProfile, announcement_of, mailbox_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

READER_BUSY_SECONDS = 0.05
"""Readers never wait for the writer in WAL mode; this bounds the moments when SQLite recovers a log."""

_SECRETS = "ha1_md5, ha1_sha256, encryption, priority"
_ACCOUNT = f"SELECT {_SECRETS}, {compiled.PARTY} FROM account WHERE domain = ? AND username = ?"  # noqa: S608
_PARTY = f"SELECT {compiled.PARTY} FROM party WHERE domain = ? AND number = ?"  # noqa: S608 - our own column names
_NAMED = "SELECT name, source, extension FROM name WHERE domain = ? AND number = ? AND owner IN (?, ?, ?)"
_NAMED += " ORDER BY rank LIMIT 1"
_MAILBOX = "SELECT email, ask_pin, longest_s, most FROM mailbox WHERE domain = ? AND extension = ?"
_ANNOUNCEMENT = "SELECT times, answer, code, target FROM announcement WHERE domain = ? AND name = ?"
_OUTSIDE = "SELECT number, 0 FROM party WHERE domain = ? AND extension = ? AND number LIKE '+%'"
_OUTSIDE += " UNION ALL SELECT number, 1 FROM name WHERE domain = ? AND extension = ?"
_OUTSIDE += f" AND owner = '{compiled.PERSON}' ORDER BY 2, 1"
# People of whom a call can be plain: what is not named here must be as it is for nearly everybody.
_HIMSELF = ("extension", "name", "site", "outside", "caller_number", "withhold")
_WHEN_CALLED = ("forwarding", "presence", "call_waiting", "pickup", "rings")
_WHO_CALLS = compiled.plain(*_HIMSELF, *_WHEN_CALLED, "service")
_WHO_IS_CALLED = compiled.plain(*_HIMSELF, *_WHEN_CALLED, "most_calls")
_WHO_RINGS = compiled.plain(*_HIMSELF)
_HAS_NAME = " AND name != ''"
_PLAIN_CALLER = "SELECT ha1_md5, ha1_sha256, extension, name FROM account WHERE domain = ? AND username = ?"
_PLAIN_CALLER += f" AND {_WHO_CALLS}{_HAS_NAME}"
_PLAIN_PHONE = "SELECT ha1_md5, ha1_sha256, extension, name FROM account WHERE domain = ? AND username = ?"
_PLAIN_PHONE += " AND encryption IS 0 AND priority IS NULL"
_PLAIN_CALLED = f"SELECT extension, name FROM party WHERE domain = ? AND number = ? AND {_WHO_IS_CALLED}{_HAS_NAME}"  # noqa: S608
_PLAIN_RUNG = f"SELECT extension, name FROM party WHERE domain = ? AND number = ? AND {_WHO_RINGS}{_HAS_NAME}"  # noqa: S608
_VERSION = "PRAGMA data_version"


class DirectoryReader:
    """Read-only look-ups, one row each. Make it before a fork and `connect` after it, once in each process.

    `reads` counts the look-ups that reached the file; the small tables answer from memory until a commit. Whether there
    was one is asked once for each `renew`, or for each look by who never calls it.
    """

    def __init__(self, path: Path) -> None:
        self.reads = 0
        self._uri = f"{path.absolute().as_uri()}?mode=ro"
        self._connection: sqlite3.Connection | None = None
        self._small = smalltables.EMPTY
        self._version: int | None = None
        self._renews = self._looked = False

    def connect(self) -> None:
        """Open the file in this process. Raises `StoreDown` when it can't be read."""
        self.close()
        try:
            connection = sqlite3.connect(self._uri, uri=True, isolation_level=None, timeout=READER_BUSY_SECONDS)
        except sqlite3.Error as error:
            raise StoreDown(f"directory: {error}") from error
        self._connection = connection
        self._read(_VERSION)

    def close(self) -> None:
        """Give the file back; the next look-up opens it again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._version = None
        self._looked = False

    def renew(self) -> None:
        """See `ports.Directory`."""
        self._renews, self._looked = True, False

    def account(self, domain: str, username: str) -> Account | None:
        """The credentials of the device `username`, None when there is none. Raises `StoreDown`."""
        self.reads += 1
        row = self._read(_ACCOUNT, domain, username)
        if row is None:
            return None
        ha1_md5, ha1_sha256, encryption, priority, *party = row
        who = self._completed(compiled.party_of(domain, party))
        return Account(username, domain, ha1_md5, ha1_sha256, who, bool(encryption), priority)

    def party(self, domain: str, number: str) -> Party | None:
        """Whoever an extension or a further number reaches, None when nobody. Raises `StoreDown`."""
        self.reads += 1
        row = self._read(_PARTY, domain, number)
        return None if row is None else self._completed(compiled.party_of(domain, row))

    def outside_numbers(self, domain: str, extension: str) -> tuple[str, ...]:
        """See `ports.Directory`."""
        self.reads += 1
        try:
            rows = self._opened().execute(_OUTSIDE, (domain, extension) * 2).fetchall()
        except sqlite3.Error as error:
            raise self._down(error) from error
        return tuple(dict.fromkeys(number for number, _ in rows))

    def named(self, domain: str, number: str, owner: str) -> Named | None:
        """Who an outside number is: a person of ours, else by a book of `owner`'s, else by a shared one."""
        self.reads += 1
        row = self._read(_NAMED, domain, number, compiled.PERSON, owner, compiled.SHARED)
        return None if row is None else Named(*row)

    def mailbox(self, domain: str, extension: str) -> MailboxProfile:
        """What calls need to know of somebody's mailbox. Raises `StoreDown`."""
        self.reads += 1
        row = self._read(_MAILBOX, domain, extension)
        return MailboxProfile() if row is None else mailbox_of(row)

    def announcement(self, domain: str, name: str) -> AnnouncementProfile | None:
        """How an announcement is played, None when there is none. Raises `StoreDown`."""
        self.reads += 1
        row = self._read(_ANNOUNCEMENT, domain, name)
        return None if row is None else announcement_of(row)

    def domains(self) -> Mapping[str, DomainProfile]:
        """All domains by name; read again only when the file has changed. Raises `StoreDown`."""
        return self._current().domains

    def sites(self) -> Mapping[tuple[str, str], SiteProfile]:
        """All sites by domain and name, as `domains`."""
        return self._current().sites

    def trunks(self) -> Mapping[tuple[str, str], TrunkProfile]:
        """All trunks by domain and name, also the disabled ones, as `domains`."""
        return self._current().trunks

    def outbound(self, domain: str) -> tuple[OutboundRoute, ...]:
        """The outbound routes of a domain in the order in which they are tried, as `domains`."""
        return self._current().outbound.get(domain, ())

    def schedules(self) -> Mapping[tuple[str, str], ScheduleProfile]:
        """All schedules by domain and name, as `domains`."""
        return self._current().schedules

    def caller_lists(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """All caller lists by domain and name, as `domains`."""
        return self._current().caller_lists

    def groups(self) -> Mapping[tuple[str, str], GroupProfile]:
        """All groups by domain and name, as `domains`."""
        return self._current().groups

    def rings(self) -> Mapping[tuple[str, str], RingProfile]:
        """The rings that domains have chosen, by domain and origin, as `domains`."""
        return self._current().rings

    def panels(self) -> frozenset[tuple[str, str]]:
        """All panels, by domain and name, as `domains`."""
        return self._current().panels

    def plain_caller(self, domain: str, username: str) -> tuple[str, str, str, str] | None:
        """Both HA1 of a device, and extension and name of its person, who may call as often as he likes; else None."""
        row: tuple[str, str, str, str] | None = self._read(_PLAIN_CALLER, domain, username)
        return None if row is None or self._current().limits_of(domain, row[2]) else row

    def plain_phone(self, domain: str, username: str) -> tuple[str, str, str, str] | None:
        """The same of a device about whose ringing nothing is said, whoever has it."""
        row: tuple[str, str, str, str] | None = self._read(_PLAIN_PHONE, domain, username)
        return row

    def plain_called(self, domain: str, number: str) -> tuple[str, str] | None:
        """Extension and name of who has a number, if that is a person."""
        row: tuple[str, str] | None = self._read(_PLAIN_CALLED, domain, number)
        return row

    def plain_rung(self, domain: str, number: str) -> tuple[str, str] | None:
        """Extension and name of who has a number, if nothing but his phones is to be thought of when he is called."""
        row: tuple[str, str] | None = self._read(_PLAIN_RUNG, domain, number)
        return None if row is None or self._current().limits_of(domain, row[0]) else row

    def _completed(self, party: Party) -> Party:
        """With the limits that he shares with others, and without a note that others may not read."""
        small, whose = self._current(), (party.domain, party.extension)
        shared = small.limits_of(*whose)
        if shared:
            party = replace(party, limits=party.limits + shared)
        if party.presence and not small.shows_note(*whose):
            party = replace(party, presence=tuple(replace(row, note=None) for row in party.presence))
        return party

    def _current(self) -> smalltables.SmallTables:
        if self._looked:
            return self._small
        version = self._read(_VERSION)[0]
        if version != self._version:
            try:
                self._small = smalltables.read(self._opened())
            except sqlite3.Error as error:
                raise self._down(error) from error
            self._version = version
        self._looked = self._renews
        return self._small

    def _read(self, query: str, *values: str) -> Any:
        try:
            return self._opened().execute(query, values).fetchone()
        except sqlite3.Error as error:
            raise self._down(error) from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self.connect()
        assert self._connection is not None
        return self._connection

    def _down(self, error: sqlite3.Error) -> StoreDown:
        self.close()
        return StoreDown(f"directory: {error}")


def refresh(truth: Engine, path: Path, owner_uid: int) -> int:
    """See `carillon.stores.sql.directory.refresh`, which is loaded when first used."""
    from carillon.stores.sql import directory

    return directory.refresh(truth, path, owner_uid)
