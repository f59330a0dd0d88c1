"""Address books: add, set, remove, list, show. Shared ones belong to a domain, personal ones to a user."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, func, insert, select, update

from carillon.model.book import DEFAULT_FIELD, DEFAULT_KEEP_S, Book, is_private
from carillon.model.change import Noun, Subject
from carillon.model.domain import domain_name
from carillon.model.refused import Refused
from carillon.model.user import User
from carillon.provisioning.changes import State, record, state
from carillon.provisioning.places import located, placed, require_user
from carillon.provisioning.trunkkey import TrunkKey
from carillon.stores.namesources import NameSource
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import book, entry

SHARED = ""
LONGEST_TOKEN = 500


@dataclass(frozen=True, slots=True)
class BookView:
    """A book, how many numbers are in it, and whether a token is kept for its source."""

    book: Book
    numbers: int
    has_token: bool = False


@dataclass(frozen=True, slots=True)
class SourceTyped:
    """What somebody types for a source; None leaves a field as it is. `token` "" clears it."""

    url: str | None = None
    field: str | None = None
    keep_s: int | None = None
    token: str | None = None


NOTHING = SourceTyped()


@repeated
def add(
    engine: Engine, who: str, name: str, owner: str | None = None, typed: SourceTyped = NOTHING,
    key: TrunkKey | None = None,
) -> int:  # fmt: skip
    """Make the book `name` or `name@example.org`, asked after those that there are. Returns the sequence.

    `owner` is the extension of the user whose book it is, None for everybody's. `key` seals a token. Raises `Refused`.
    """
    with writing(engine) as connection:
        domain, own, extension = _place(connection, name, owner)
        if find(connection, domain, own, extension):
            raise Refused("name", f"{own} is a book there already; `carillon book import` fills it.")
        new = Book(domain, own, extension, len(of_owner(connection, domain, extension)) + 1)
        if typed.url is not None:
            new = replace(new, url=typed.url, field=typed.field or DEFAULT_FIELD, keep_s=typed.keep_s or DEFAULT_KEEP_S)
        sealed = _sealed(new, typed, key, None)
        connection.execute(insert(book).values(**asdict(new), sealed_token=sealed))
        return record(connection, who, subject(new), None, _state(new, sealed))


@repeated
def set(
    engine: Engine, who: str, name: str, owner: str | None, position: int | None = None,
    typed: SourceTyped = NOTHING, key: TrunkKey | None = None,
) -> int:  # fmt: skip
    """Ask a book earlier or later, the others of the same owner make room; or change how its source is asked.

    Returns the sequence; raises `Refused`.
    """
    with writing(engine) as connection:
        before = require(connection, name, owner)
        old = _token_of(connection, before)
        after = before if position is None else _moved(connection, before, position)
        if after.url is None and typed.url is not None:
            raise Refused("url", f"{after.name} is a book with entries; add another one for the source.")
        after = after if typed.url is None else replace(after, url=typed.url)
        after = after if typed.field is None else replace(after, field=typed.field)
        after = after if typed.keep_s is None else replace(after, keep_s=typed.keep_s)
        sealed = _sealed(after, typed, key, old)
        values = {"url": after.url, "field": after.field, "keep_s": after.keep_s, "sealed_token": sealed}
        connection.execute(update(book).where(_is(after)).values(**values))
        states = _state(before, old), _state(after, sealed, changed=bool(typed.token and old))
        return record(connection, who, subject(after), *states)


def sources(engine: Engine) -> list[NameSource]:
    """All sources, their tokens sealed: for the names daemon."""
    query = select(book).where(book.c.url.is_not(None)).order_by(book.c.domain, book.c.position)
    with reading(engine) as connection:
        return [
            NameSource(row.domain, row.name, row.url, row.field, row.keep_s, row.position, row.sealed_token or "")
            for row in connection.execute(query)
        ]


@repeated
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


def require_entries(of: Book) -> None:
    """Raise `Refused` for a book that is another system's."""
    if of.url is not None:
        raise Refused("name", f"{of.name} is asked at another system; its entries are there.")


def _moved(connection: Connection, chosen: Book, position: int) -> Book:
    others = [one for one in of_owner(connection, chosen.domain, chosen.owner) if one.name != chosen.name]
    if not 1 <= position <= len(others) + 1:
        raise Refused("position", f"{position} isn't possible; choose 1 to {len(others) + 1}, 1 is asked first.")
    others.insert(position - 1, chosen)
    _number(connection, others)
    return replace(chosen, position=position)


def _sealed(of: Book, typed: SourceTyped, key: TrunkKey | None, old: str | None) -> str | None:
    """The token as it is kept. Raises `Refused`; no sentence holds it."""
    if of.url is None and any(value is not None for value in (typed.field, typed.keep_s, typed.token)):
        raise Refused("url", "is missing; --field, --keep and --token are for a source with one.")
    sealed = old if typed.token is None else None
    if typed.token:
        if len(typed.token) > LONGEST_TOKEN or not (typed.token.isascii() and typed.token.isprintable()):
            raise Refused("token", f"can't be used; at most {LONGEST_TOKEN} ASCII characters are.")
        assert key is not None
        sealed = key.seal(typed.token)
    if sealed and not is_private(of.url or ""):
        raise Refused("url", "must begin with https:// when there is a token, or everybody on the way can read it.")
    if sealed is None and of.url is not None and "{token}" in of.url:
        raise Refused("token", "is missing, and the address has a place for it; give --token -.")
    return sealed


def _token_of(connection: Connection, of: Book) -> str | None:
    sealed: str | None = connection.execute(select(book.c.sealed_token).where(_is(of))).scalar_one()
    return sealed


def _state(of: Book, sealed: str | None, changed: bool = False) -> State:
    if sealed is None:
        return state(of, "name")
    return {**state(of, "name"), "token": "changed" if changed else "kept"}


def _number(connection: Connection, in_order: list[Book]) -> None:
    for position, one in enumerate(in_order, 1):
        connection.execute(update(book).where(_is(one)).values(position=position))


def _remove(connection: Connection, who: str, old: Book) -> int:
    inside = (entry.c.domain == old.domain, entry.c.owner == old.owner, entry.c.book == old.name)
    connection.execute(delete(entry).where(*inside))
    connection.execute(delete(book).where(_is(old)))
    return record(connection, who, subject(old), _state(old, None), None)


def _view(connection: Connection, of: Book) -> BookView:
    inside = (entry.c.domain == of.domain, entry.c.owner == of.owner, entry.c.book == of.name)
    numbers = connection.execute(select(func.count()).select_from(entry).where(*inside)).scalar_one()
    return BookView(of, numbers, _token_of(connection, of) is not None)


def _read(row: RowMapping) -> Book:
    return Book(**{column: row[column] for column in Book.__dataclass_fields__})


def _is(wanted: Book) -> ColumnElement[bool]:
    return (book.c.domain == wanted.domain) & (book.c.owner == wanted.owner) & (book.c.name == wanted.name)
