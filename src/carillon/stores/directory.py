"""The directory of this node: one compiled row for each look-up of the call path, in SQLite.

Workers read it and load no SQLAlchemy for that; `sql.directory` writes it, in place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from carillon.stores.ports import Account, DomainProfile, OutboundRoute, Party, StoreDown, TrunkProfile

if TYPE_CHECKING:
    from sqlalchemy import Engine

READER_BUSY_SECONDS = 0.05
"""Readers never wait for the writer in WAL mode; this bounds the moments when SQLite recovers a log."""

_ACCOUNT = "SELECT ha1_md5, ha1_sha256, extension, name FROM account WHERE domain = ? AND username = ?"
_PARTY = "SELECT extension, name FROM party WHERE domain = ? AND number = ?"
_DOMAINS = "SELECT name, digest FROM domain"
_VERSION = "PRAGMA data_version"


class DirectoryReader:
    """Read-only look-ups, one row each. Make it before a fork and `connect` after it, once in each process.

    `reads` counts the look-ups that reached the file; `domains` answers from memory until a commit.
    """

    def __init__(self, path: Path) -> None:
        self.reads = 0
        self._uri = f"{path.absolute().as_uri()}?mode=ro"
        self._connection: sqlite3.Connection | None = None
        self._domains: Mapping[str, DomainProfile] = MappingProxyType({})
        self._version: int | None = None

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

    def account(self, domain: str, username: str) -> Account | None:
        """The credentials of the device `username`, None when there is none. Raises `StoreDown`."""
        self.reads += 1
        row = self._read(_ACCOUNT, domain, username)
        if row is None:
            return None
        ha1_md5, ha1_sha256, extension, name = row
        return Account(username, domain, ha1_md5, ha1_sha256, Party(extension, domain, name))

    def party(self, domain: str, number: str) -> Party | None:
        """Whoever an extension or a further number reaches, None when nobody. Raises `StoreDown`."""
        self.reads += 1
        row = self._read(_PARTY, domain, number)
        return None if row is None else Party(row[0], domain, row[1])

    def domains(self) -> Mapping[str, DomainProfile]:
        """All domains by name; read again only when the file has changed. Raises `StoreDown`."""
        version = self._read(_VERSION)[0]
        if version != self._version:
            self._domains = MappingProxyType({name: DomainProfile(name, digest) for name, digest in self._all()})
            self._version = version
        return self._domains

    def trunks(self) -> Mapping[tuple[str, str], TrunkProfile]:
        """All trunks by (domain, name): none yet, until the truth knows trunks."""
        return {}

    def outbound(self, domain: str) -> tuple[OutboundRoute, ...]:
        """The outbound routes of a domain: none yet, until the truth knows them."""
        return ()

    def _all(self) -> list[Any]:
        try:
            return self._opened().execute(_DOMAINS).fetchall()
        except sqlite3.Error as error:
            raise self._down(error) from error

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
