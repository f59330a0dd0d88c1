"""Address books in CSV files: which columns hold what, who is on a line, and what an import comes to. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from carillon.model.book import Entry, one_line
from carillon.model.e164 import e164
from carillon.model.refused import Refused
from carillon.provisioning import csvlines
from carillon.provisioning.csvlines import Line, RefusedLine

COLUMNS = ("name", "company", "numbers", "note")
"""What an export writes."""

FIRST_NAMES = frozenset({"first name", "given name", "firstname"})
LAST_NAMES = frozenset({"last name", "family name", "surname", "lastname"})
COMPANIES = frozenset({"company", "organisation", "organization", "company name", "organization name"})
NOTES = frozenset({"note", "notes"})
_NUMBER = re.compile(r"\b(numbers?|phones?|telephones?|tel|mobiles?|gsm|cell|fax)\b")
_NO_NUMBER = re.compile(r"\b(type|label)$")
_BETWEEN = re.compile(r":::|[;|,\r\n]")

Owner = tuple[str, str, str]
"""Name, company and note of whoever has a number."""


def read(data: bytes, country: str, ignored: Callable[[str], None]) -> Iterator[tuple[int, Entry] | RefusedLine]:
    """Who is on each line, with the number of the line. National numbers are those of `country`.

    `ignored` is told each column that nothing is taken from. Raises `Refused`, naming `file`, see `csvlines.read`.
    """

    def require_columns(columns: Sequence[str]) -> None:
        known = [_kind(column) for column in columns]
        if "numbers" not in known or not {"name", "first", "last", "company"} & set(known):
            raise Refused("file", "must have a column name (or company), and a column numbers, in its first line.")
        for column, kind in zip(columns, known, strict=True):
            if kind == "" and column:
                ignored(column)
            if kind and columns.count(column) > 1:
                raise Refused("file", f"its column {column!r} is there twice; give each a name of its own.")

    for line in csvlines.read(data, require_columns):
        try:
            yield line if isinstance(line, RefusedLine) else (line.number, _entry(line, country))
        except Refused as fault:
            yield RefusedLine(line.number, fault.field, fault.sentence)


def write(entries: Iterable[Entry]) -> str:
    """The file that `read` understands."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in entries:
        writer.writerow((one.name, one.company, "; ".join(one.numbers), one.note))
    return text.getvalue()


@dataclass
class Plan:
    """What an import comes to: who gets which number, which numbers go, and how many lines do what."""

    known: Mapping[str, Owner]
    set: dict[str, Owner] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[RefusedLine] = field(default_factory=list)
    ignored: tuple[str, ...] = ()


def plan(
    known: Mapping[str, Owner],
    lines: Iterable[tuple[int, Entry] | RefusedLine],
    replace: bool,
    tick: Callable[[], None],
) -> Plan:
    """What `lines` change in a book. With `replace`, what is in none of them goes. `tick` is called after each."""
    found = Plan(known)
    on_line: dict[str, int] = {}
    for line in lines:
        tick()
        if isinstance(line, RefusedLine):
            found.refused.append(line)
            continue
        number, entry = line
        twice = next((one for one in entry.numbers if one in on_line), None)
        if twice:
            sentence = f"{twice} is on line {on_line[twice]} already; keep one of them."
            found.refused.append(RefusedLine(number, "numbers", sentence))
            continue
        on_line.update(dict.fromkeys(entry.numbers, number))
        _count(found, entry)
    if replace:
        found.gone = frozenset(known) - frozenset(on_line)
    return found


def _count(found: Plan, entry: Entry) -> None:
    who = entry.name, entry.company, entry.note
    before = {found.known.get(number) for number in entry.numbers}
    if before == {who}:
        found.unchanged += 1
    elif before == {None}:
        found.added += 1
    else:
        found.changed += 1
    found.set.update((number, who) for number in entry.numbers if found.known.get(number) != who)


def _kind(column: str) -> str:
    """What a column holds: one of name, first, last, company, note, numbers, or nothing that is kept."""
    named = {"name": "name", "full name": "name", "display name": "name"}
    sets = {"first": FIRST_NAMES, "last": LAST_NAMES, "company": COMPANIES, "note": NOTES}
    if column in named:
        return named[column]
    for kind, columns in sets.items():
        if column in columns:
            return kind
    words = column.replace("_", " ")
    return "numbers" if _NUMBER.search(words) and not _NO_NUMBER.search(words) else ""


def _entry(line: Line, country: str) -> Entry:
    """Who is on a line. Raises `Refused`."""
    texts: dict[str, list[str]] = {}
    for column, cell in line.cells.items():
        if cell:
            texts.setdefault(_kind(column), []).append(cell)
    joined = {kind: one_line(" ".join(cells)) for kind, cells in texts.items()}
    name = joined.get("name") or " ".join(filter(None, (joined.get("first"), joined.get("last"))))
    numbers = numbers_typed("\n".join(texts.get("numbers", ())), country)
    return Entry(name, numbers, joined.get("company", ""), joined.get("note", ""))


def numbers_typed(text: str, country: str) -> tuple[str, ...]:
    """The E.164 numbers in a cell, each once; separated by `;`, `,`, `|` or line breaks. Raises `Refused`."""
    pieces = (one_line(piece) for piece in _BETWEEN.split(text))
    return tuple(dict.fromkeys(e164("numbers", piece, country) for piece in pieces if piece))
