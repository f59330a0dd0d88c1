"""Who outside numbers are, compiled for the call path: a row for each number and each owner of books that know it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import ColumnElement, Connection, and_, select, true

from carillon.model.book import Book, shown
from carillon.model.change import Noun, Subject
from carillon.stores.compiled import PERSON
from carillon.stores.sql.among import Columns, among
from carillon.stores.sql.tables import book, entry, mobile, number, user

NameRow = tuple[str, str, str, int, str, str, str]
"""The values of `compiled.NAME`."""

Touched = frozenset[Subject] | None

OF_PERSON, OF_OWN_BOOK, OF_SHARED_BOOK = range(3)
"""Ranks: the lowest is shown."""

_FORGET = {
    Noun.USER: f"DELETE FROM name WHERE domain = ? AND extension = ? AND owner = '{PERSON}'",  # noqa: S608
    Noun.NUMBER: f"DELETE FROM name WHERE domain = ? AND number = ? AND owner = '{PERSON}'",  # noqa: S608
    Noun.MOBILE: f"DELETE FROM name WHERE domain = ? AND number = ? AND owner = '{PERSON}'",  # noqa: S608
    Noun.ENTRY: f"DELETE FROM name WHERE domain = ? AND number = ? AND owner != '{PERSON}'",  # noqa: S608
    Noun.BOOK: "DELETE FROM name WHERE domain = ? AND owner = ?",
}
"""What a change of each noun makes stale, by domain and key; of a book, by its owner."""


def forget(directory: sqlite3.Connection, thing: Subject) -> None:
    """Remove from a directory what a change made stale."""
    if thing.noun in _FORGET:
        key = _owner(thing.key) if thing.noun is Noun.BOOK else thing.key
        directory.execute(_FORGET[thing.noun], (thing.domain, key))


def rows(connection: Connection, touched: Touched) -> tuple[NameRow, ...]:
    """The rows that were touched; all when that is None."""
    return (*_people(connection, touched), *_entries(connection, touched))


def _people(connection: Connection, touched: Touched) -> Iterator[NameRow]:
    """Numbers outside that belong to people of ours: those that reach them here, then their mobile telephones."""
    reached = and_(number.c.domain == user.c.domain, number.c.target == user.c.extension)
    carried = and_(mobile.c.domain == user.c.domain, mobile.c.extension == user.c.extension)
    taken = and_(number.c.domain == mobile.c.domain, number.c.number == mobile.c.number)
    who = (user.c.name, user.c.extension)
    numbers = select(number.c.domain, number.c.number, *who).join(user, reached).where(number.c.number.like("+%"))
    mobiles = select(mobile.c.domain, mobile.c.number, *who).join(user, carried).outerjoin(number, taken)
    mobiles = mobiles.where(number.c.number.is_(None))
    keys = {Noun.USER: (user.c.domain, user.c.extension)}
    by_number, by_mobile = (number.c.domain, number.c.number), (mobile.c.domain, mobile.c.number)
    for query, more in (
        (numbers, {Noun.NUMBER: by_number, Noun.MOBILE: by_number}),
        (mobiles, {Noun.NUMBER: by_mobile, Noun.MOBILE: by_mobile}),
    ):
        for wanted in _touched(touched, {**keys, **more}):
            for row in connection.execute(query.where(wanted)):
                person = f"person {row.extension}"
                yield row.domain, row.number, PERSON, OF_PERSON, row.name, person, row.extension


def _entries(connection: Connection, touched: Touched) -> Iterator[NameRow]:
    """Of the books of one owner, the first one that knows a number counts."""
    within = and_(entry.c.domain == book.c.domain, entry.c.owner == book.c.owner, entry.c.book == book.c.name)
    columns = (entry.c.domain, entry.c.number, entry.c.owner, entry.c.book, entry.c.name, entry.c.company)
    query = select(*columns).join(book, within).order_by(book.c.position, book.c.name)
    keys = {Noun.ENTRY: (entry.c.domain, entry.c.number), Noun.BOOK: (book.c.domain, book.c.owner)}
    seen: set[tuple[str, str, str]] = set()
    for wanted in _touched(touched, keys):
        for row in connection.execute(query.where(wanted)):
            key = (row.domain, row.number, row.owner)
            if key not in seen:
                seen.add(key)
                rank = OF_OWN_BOOK if row.owner else OF_SHARED_BOOK
                name = shown(row.name, row.company)
                yield *key, rank, name, Book(row.domain, row.book, row.owner).source, ""


def _touched(touched: Touched, keys: Mapping[Noun, Columns]) -> Iterable[ColumnElement[bool]]:
    """Conditions, a query each: SQLite finds no index across tables."""
    if touched is None:
        yield true()
        return
    for noun, columns in keys.items():
        wanted = {(thing.domain, _owner(thing.key) if noun is Noun.BOOK else thing.key) for thing in touched
                  if thing.noun is noun}  # fmt: skip
        if wanted:
            yield among(columns, wanted)


def _owner(key: str) -> str:
    """Whose a book is, by what the journal calls it."""
    owner, slash, _ = key.partition("/")
    return owner if slash else ""
