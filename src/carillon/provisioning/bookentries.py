"""What is in an address book: add, remove, list, import and export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Engine, and_, bindparam, delete, insert, or_, select

from carillon.model.book import Book, Entry, one_line
from carillon.model.change import Noun, Subject
from carillon.model.e164 import e164
from carillon.model.refused import Refused
from carillon.model.site import DEFAULT_SITE
from carillon.provisioning import bookfile, books, sites
from carillon.provisioning.bookfile import Owner, Plan
from carillon.provisioning.changes import change_row, record, record_all
from carillon.provisioning.csvlines import RefusedLine
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.feed import last_position
from carillon.stores.sql.tables import entry, user

Told = Callable[[int, int], None]
"""Gets how many lines are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do: counts of lines, and of numbers that went; refused lines, unused columns."""

    added: int
    changed: int
    unchanged: int
    removed: int
    refused: tuple[RefusedLine, ...]
    ignored: tuple[str, ...]
    sequence: int


@repeated
def add(
    engine: Engine, who: str, name: str, owner: str | None, entry_name: str, numbers: Sequence[str],
    company: str = "", note: str = "",
) -> int:  # fmt: skip
    """Put somebody into a book. Returns the sequence; raises `Refused`, also when a number is in it already."""
    with writing(engine) as connection:
        chosen = books.require(connection, name, owner)
        books.require_entries(chosen)
        country = _country(connection, chosen)
        written = tuple(number for text in numbers for number in bookfile.numbers_typed(text, country))
        new = Entry(one_line(entry_name), tuple(dict.fromkeys(written)), one_line(company), one_line(note))
        known = _known(connection, chosen, new.numbers)
        if known:
            number, (holder, firm, _) = next(iter(known.items()))
            raise Refused("numbers", f"{number} is {holder or firm} in {chosen.name} already; remove that entry first.")
        who_it_is = (new.name, new.company, new.note)
        _write(connection, chosen, dict.fromkeys(new.numbers, who_it_is))
        return record_all(connection, [_change(who, chosen, number, None, who_it_is) for number in new.numbers])


@repeated
def remove(engine: Engine, who: str, name: str, owner: str | None, what: str) -> tuple[int, tuple[str, ...]]:
    """Take a number out of a book, or somebody with all his numbers. Returns the sequence and the numbers."""
    with writing(engine) as connection:
        chosen = books.require(connection, name, owner)
        gone = _known(connection, chosen, _meant(connection, chosen, what))
        if not gone:
            raise Refused("entry", f"{what} isn't in {chosen.name}; see `carillon book entry list {chosen.name}`.")
        connection.execute(delete(entry).where(_inside(chosen), entry.c.number.in_(gone)))
        changes = [_change(who, chosen, number, before, None) for number, before in gone.items()]
        return record_all(connection, changes), tuple(gone)


def listing(
    engine: Engine, name: str, owner: str | None = None, search: str = "", most: int | None = None
) -> list[Entry]:
    """Who is in a book, by name; with `search`, whose name, company or number holds that text."""
    with reading(engine) as connection:
        chosen = books.require(connection, name, owner)
        query = select(entry).where(_inside(chosen)).order_by(entry.c.name, entry.c.company, entry.c.note)
        if search:
            wanted = (column.contains(search.strip(), autoescape=True) for column in (entry.c.name, entry.c.company))
            digits = "".join(letter for letter in search if letter.isdigit() or letter == "+")
            query = query.where(or_(*wanted, *([entry.c.number.contains(digits)] if digits else ())))
        rows = connection.execute(query.order_by(entry.c.number).limit(most)).all()
    together: dict[Owner, list[str]] = {}
    for row in rows:
        together.setdefault((row.name, row.company, row.note), []).append(row.number)
    return [Entry(own, tuple(numbers), company, note) for (own, company, note), numbers in together.items()]


@repeated
def import_file(
    engine: Engine, who: str, name: str, owner: str | None, data: bytes,
    dry_run: bool = False, replace: bool = False, told: Told = lambda done, total: None,
) -> Report:  # fmt: skip
    """Put a CSV file into a book, by number; each refused line is left out. A dry run changes nothing.

    With `replace`, what is not in the file leaves the book. Raises `Refused` when it isn't such a file.
    """
    if dry_run:
        with reading(engine) as connection:
            chosen = books.require(connection, name, owner)
            return _report(_plan(connection, chosen, data, replace, told), last_position(connection).sequence)
    with writing(engine) as connection:
        chosen = books.require(connection, name, owner)
        found = _plan(connection, chosen, data, replace, told)
        outdated = found.gone | (found.set.keys() & found.known.keys())
        if outdated:
            of_number = entry.c.number == bindparam("_number")
            connection.execute(delete(entry).where(_inside(chosen), of_number), [{"_number": one} for one in outdated])
        _write(connection, chosen, found.set)
        return _report(found, _record(connection, who, chosen, found))


def export_file(engine: Engine, name: str, owner: str | None = None) -> tuple[str, int]:
    """A book as `import_file` reads it; and how many people are in it."""
    entries = listing(engine, name, owner)
    return bookfile.write(entries), len(entries)


def _plan(connection: Connection, chosen: Book, data: bytes, replace: bool, told: Told) -> Plan:
    books.require_entries(chosen)
    total, done = max(data.count(b"\n"), 1), 0
    ignored: list[str] = []

    def tick() -> None:
        nonlocal done
        done += 1
        told(min(done, total), total)

    lines = bookfile.read(data, _country(connection, chosen), ignored.append)
    found = bookfile.plan(_known(connection, chosen), lines, replace, tick)
    found.ignored = tuple(ignored)
    told(total, total)
    return found


def _record(connection: Connection, who: str, chosen: Book, found: Plan) -> int:
    """One change for the whole file: a journal of a hundred thousand lines would help nobody."""
    if not found.set and not found.gone:
        return last_position(connection).sequence
    before, after = len(found.known), len(found.known.keys() - found.gone | found.set.keys())
    said = f"{found.added} added, {found.changed} changed, {len(found.gone)} numbers removed"
    states = {"numbers": str(before)}, {"numbers": str(after), "imported": said}
    return record(connection, who, books.subject(chosen), *states)


def _report(found: Plan, sequence: int) -> Report:
    counts = found.added, found.changed, found.unchanged, len(found.gone)
    return Report(*counts, tuple(found.refused), found.ignored, sequence)


def _country(connection: Connection, of: Book) -> str:
    """How national numbers in a book are read: as where its owner works, or at the domain's first site."""
    site = DEFAULT_SITE
    if of.owner:
        place = select(user.c.site).where(user.c.domain == of.domain, user.c.extension == of.owner)
        site = connection.execute(place).scalar_one()
    return sites.require_in(connection, "site", of.domain, site).country


def _meant(connection: Connection, chosen: Book, what: str) -> tuple[str, ...]:
    """The numbers of an entry, by one of them, by the name, or by what phones show."""
    text = one_line(what)
    try:
        return (e164("entry", text, _country(connection, chosen)),)
    except Refused:
        named = or_(entry.c.name == text, and_(entry.c.name == "", entry.c.company == text))
        return tuple(connection.execute(select(entry.c.number).where(_inside(chosen), named)).scalars())


def _known(connection: Connection, of: Book, numbers: Sequence[str] | None = None) -> dict[str, Owner]:
    """Who has which number in a book; of these numbers only, if given."""
    query = select(entry).where(_inside(of))
    if numbers is not None:
        query = query.where(entry.c.number.in_(numbers))
    return {row.number: (row.name, row.company, row.note) for row in connection.execute(query)}


def _write(connection: Connection, of: Book, owners: dict[str, Owner]) -> None:
    place = {"domain": of.domain, "owner": of.owner, "book": of.name}
    rows = [
        {**place, "number": number, "name": name, "company": company, "note": note}
        for number, (name, company, note) in owners.items()
    ]
    if rows:
        connection.execute(insert(entry), rows)


def _change(who: str, of: Book, number: str, before: Owner | None, after: Owner | None) -> dict[str, str | None]:
    def said(owner: Owner | None) -> dict[str, str | None] | None:
        return None if owner is None else {"book": of.key, **dict(zip(("name", "company", "note"), owner, strict=True))}

    return change_row(who, Subject(Noun.ENTRY, of.domain, number), said(before), said(after))


def _inside(of: Book) -> ColumnElement[bool]:
    return (entry.c.domain == of.domain) & (entry.c.owner == of.owner) & (entry.c.book == of.name)
