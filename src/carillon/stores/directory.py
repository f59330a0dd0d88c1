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

if TYPE_CHECKING:
    from sqlalchemy import Engine

READER_BUSY_SECONDS = 0.05
"""Readers never wait for the writer in WAL mode; this bounds the moments when SQLite recovers a log."""

_SECRETS = "ha1_md5, ha1_sha256, encryption, priority"
_ACCOUNT = f"SELECT {_SECRETS}, {compiled.PARTY} FROM account WHERE domain = ? AND username = ?"  # noqa: S608
_PARTY = f"SELECT {compiled.PARTY} FROM party WHERE domain = ? AND number = ?"  # noqa: S608 - our own column names
_NAMED = "SELECT name, source, extension FROM name WHERE domain = ? AND number = ? AND owner IN (?, ?, ?)"
_NAMED += " ORDER BY rank LIMIT 1"
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
        who = self._limited(compiled.party_of(domain, party))
        return Account(username, domain, ha1_md5, ha1_sha256, who, bool(encryption), priority)

    def party(self, domain: str, number: str) -> Party | None:
        """Whoever an extension or a further number reaches, None when nobody. Raises `StoreDown`."""
        self.reads += 1
        row = self._read(_PARTY, domain, number)
        return None if row is None else self._limited(compiled.party_of(domain, row))

    def named(self, domain: str, number: str, owner: str) -> Named | None:
        """Who an outside number is: a person of ours, else by a book of `owner`'s, else by a shared one."""
        self.reads += 1
        row = self._read(_NAMED, domain, number, compiled.PERSON, owner, compiled.SHARED)
        return None if row is None else Named(*row)

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

    def _limited(self, party: Party) -> Party:
        """With the limits that he shares with others; nearly nobody has any."""
        shared = self._current().limits_of(party.domain, party.extension)
        return replace(party, limits=party.limits + shared) if shared else party

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
