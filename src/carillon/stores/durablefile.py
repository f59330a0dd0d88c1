"""A small SQLite file whose every change is on the disk before anybody hears of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carillon.stores.ports import StoreDown
from carillon.stores.private import private

BUSY_S = 2.0


class DurableFile:
    """Opened when first asked, in the process that asks. `holds` is what it holds, for people; `schema` makes it."""

    def __init__(self, path: Path, holds: str, *schema: str) -> None:
        self._path, self._holds, self._schema = path, holds, schema
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and nobody else writes meanwhile. Raises `StoreDown`."""
        with self.opened() as store:
            store.execute("BEGIN IMMEDIATE")
            try:
                yield store
            except BaseException:
                store.execute("ROLLBACK")
                raise
            store.execute("COMMIT")

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """For reading. Raises `StoreDown`; the next call then opens the file anew."""
        try:
            if self._connection is None:
                private(self._path)
                self._connection = sqlite3.connect(self._path, isolation_level=None, timeout=BUSY_S)
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
                for statement in self._schema:
                    self._connection.execute(statement)
            yield self._connection
        except (sqlite3.Error, OSError) as error:
            self._connection = None
            raise StoreDown(f"{self._holds}: {error}") from error
