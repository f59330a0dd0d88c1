"""Address books: add, set, remove, list, show. Shared ones belong to a domain, personal ones to a user."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, func, insert, select, update

from carillon.model.book import Book
from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.refused import Refused
from carillon.model.user import User
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import located, placed, require_user
from carillon.stores.sql.engine import reading, writing
from carillon.stores.sql.tables import book, entry

SHARED = ""


@dataclass(frozen=True, slots=True)
class BookView:
    """A book, and how many numbers are in it."""

    book: Book
    numbers: int


def add(engine: Engine, who: str, name: str, owner: str | None = None) -> int:
    """Make the book `name` or `name@example.org`, asked after those that there are. Returns the sequence.

    `owner` is the extension of the user whose book it is, None for everybody's. Raises `Refused`.
    """
    with writing(engine) as connection:
        domain, own, extension = _place(connection, name, owner)
        if find(connection, domain, own, extension):
            raise Refused("name", f"{own} is a book there already; `carillon book import` fills it.")
        new = Book(domain, own, extension, len(of_owner(connection, domain, extension)) + 1)
        connection.execute(insert(book).values(**asdict(new)))
        return record(connection, who, subject(new), None, state(new, "name"))


def set(engine: Engine, who: str, name: str, owner: str | None, position: int) -> int:
    """Ask a book earlier or later; the others of the same owner make room. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        chosen = require(connection, name, owner)
        others = [one for one in of_owner(connection, chosen.domain, chosen.owner) if one.name != chosen.name]
        if not 1 <= position <= len(others) + 1:
            raise Refused("position", f"{position} isn't possible; choose 1 to {len(others) + 1}, 1 is asked first.")
        others.insert(position - 1, chosen)
        _number(connection, others)
        after = replace(chosen, position=position)
        return record(connection, who, subject(chosen), state(chosen, "name"), state(after, "name"))


def remove(engine: Engine, who: str, name: str, owner: str | None = None) -> int:
    """Remove a book with all that is in it. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        old = require(connection, name, owner)
        sequence = _remove(connection, who, old)
        _number(connection, of_owner(connection, old.domain, old.owner))
        return sequence


def remove_of(connection: Connection, who: str, of: User) -> tuple[str, ...]:
    """Remove the books of a user who goes; returns their names."""
    own = of_owner(connection, of.domain, of.extension)
    for old in own:
        _remove(connection, who, old)
    return tuple(old.name for old in own)


def remove_all(connection: Connection, who: str, domain: str) -> None:
    """Remove the books of a domain that goes."""
    for row in connection.execute(select(book).where(book.c.domain == domain)).mappings().all():
        _remove(connection, who, _read(row))


def listing(engine: Engine, domain: str | None = None, owner: str | None = None) -> list[BookView]:
    """Books by domain, owner and position: of one domain or user, or of all."""
    query = select(book).order_by(book.c.domain, book.c.owner, book.c.position)
    with reading(engine) as connection:
        if domain is not None:
            query = query.where(book.c.domain == domain_name(domain))
        if owner is not None:
            person = require_user(connection, "user", owner)
            query = query.where(book.c.domain == person.domain, book.c.owner == person.extension)
        return [_view(connection, _read(row)) for row in connection.execute(query).mappings().all()]


def show(engine: Engine, name: str, owner: str | None = None) -> BookView:
    """One book. Raises `Refused` when there is none."""
    with reading(engine) as connection:
        return _view(connection, require(connection, name, owner))


def require(connection: Connection, name: str, owner: str | None = None) -> Book:
    """The book of `name` or `name@example.org`. Raises `Refused` when there is none."""
    domain, own, extension = _place(connection, name, owner, located_by_name=True)
    found = find(connection, domain, own, extension)
    if found is None:
        whose = f"of {extension}@{domain}" if extension else f"shared in {domain}"
        others = _owners(connection, domain, own)
        hint = f"; {own} is one of {', '.join(others)}: give --user" if others and not extension else ""
        raise Refused("name", f"there is no book {own} {whose}{hint}; see `carillon book list`.")
    return found


def find(connection: Connection, domain: str, name: str, owner: str) -> Book | None:
    """A book, None when there is none."""
    query = select(book).where(book.c.domain == domain, book.c.name == name, book.c.owner == owner)
    row = connection.execute(query).mappings().one_or_none()
    return _read(row) if row else None


def of_owner(connection: Connection, domain: str, owner: str) -> list[Book]:
    """The books of one owner in their order."""
    query = select(book).where(book.c.domain == domain, book.c.owner == owner).order_by(book.c.position)
    return [_read(row) for row in connection.execute(query).mappings()]


def subject(of: Book) -> Subject:
    """What the journal calls a book."""
    return Subject(Noun.BOOK, of.domain, of.key)


def _place(connection: Connection, name: str, owner: str | None, located_by_name: bool = False) -> tuple[str, str, str]:
    """Domain, name and owner of a book: with an owner, it is in his domain."""
    if owner is None:
        place = located(connection, "name", name, book.c.name) if located_by_name else placed(connection, name)
        return (*place, SHARED)
    own, at, named = name.strip().partition("@")
    person = require_user(connection, "user", owner if "@" in owner or not at else f"{owner}@{named}")
    if at and domain_name(named) != person.domain:
        raise Refused("name", f"{name} isn't in {person.domain}, the domain of {person.extension}.")
    return person.domain, own, person.extension


def _owners(connection: Connection, domain: str, name: str) -> list[str]:
    query = select(book.c.owner).where(book.c.domain == domain, book.c.name == name, book.c.owner != SHARED)
    return [str(owner) for owner in connection.execute(query.order_by(book.c.owner).limit(3)).scalars()]


def _number(connection: Connection, in_order: list[Book]) -> None:
    for position, one in enumerate(in_order, 1):
        connection.execute(update(book).where(_is(one)).values(position=position))


def _remove(connection: Connection, who: str, old: Book) -> int:
    inside = (entry.c.domain == old.domain, entry.c.owner == old.owner, entry.c.book == old.name)
    connection.execute(delete(entry).where(*inside))
    connection.execute(delete(book).where(_is(old)))
    return record(connection, who, subject(old), state(old, "name"), None)


def _view(connection: Connection, of: Book) -> BookView:
    inside = (entry.c.domain == of.domain, entry.c.owner == of.owner, entry.c.book == of.name)
    return BookView(of, connection.execute(select(func.count()).select_from(entry).where(*inside)).scalar_one())


def _read(row: RowMapping) -> Book:
    return Book(row["domain"], row["name"], row["owner"], row["position"])


def _is(wanted: Book) -> ColumnElement[bool]:
    return (book.c.domain == wanted.domain) & (book.c.owner == wanted.owner) & (book.c.name == wanted.name)
