"""People in a CSV file (RFC 4180): what a line says, and which lines can't be understood. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from carillon.model.number import number_typed
from carillon.model.refused import Refused
from carillon.model.rights import rights_text
from carillon.model.user import User

COLUMNS = ("extension", "name", "email", "domain", "site", "rights", "numbers")
_KEY = "extension"
_SEPARATORS = ",;\t"
_NUMBER_SEPARATORS = re.compile(r"[;,|]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number in the file, from 1, and its cells by column, without blanks around."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that isn't imported: the field that is wrong, and what to do about it."""

    number: int
    field: str
    sentence: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.field}: {self.sentence}"


def read(data: bytes) -> Iterator[Line | RefusedLine]:
    """The lines of a file, but for the first one, which names the columns in any order; empty ones are left out.

    UTF-8 with or without BOM; separated by comma, semicolon or tab. Raises `Refused`, naming `file`, for a file
    that isn't of this kind.
    """
    text = _text(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    columns = _columns(reader)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield RefusedLine(number, "line", f"its quotes can't be understood ({error}); double those inside a cell.")
            continue
        if any(cell.strip() for cell in row):
            yield _line(number, row, columns)


def write(people: Iterable[tuple[User, tuple[str, ...]]]) -> str:
    """The file that `read` understands, of users and their further numbers."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for user, numbers in people:
        cells = (user.extension, user.name, user.email or "", user.domain, user.site)
        writer.writerow((*cells, rights_text(user.rights), " ".join(numbers)))
    return text.getvalue()


def numbers_in(cell: str) -> tuple[str, ...]:
    """The numbers of a cell, separated by blanks or by any of `;,|`; each once. Raises `Refused`.

    Blanks inside a number are understood where they can't be meant otherwise: `+32 2 555 12 34`.
    """
    found = [number for piece in _NUMBER_SEPARATORS.split(cell) for number in _numbers(piece.split())]
    return tuple(dict.fromkeys(found))


def _numbers(words: list[str]) -> list[str]:
    try:
        return [number_typed("numbers", word) for word in words]
    except Refused:
        if len(words) < 2:
            raise
    return [number_typed("numbers", " ".join(words))]


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused("file", f"isn't UTF-8 (line {line}); save it as 'CSV UTF-8'.") from error
    if "\0" in text:
        raise Refused("file", "is no text; save it as 'CSV UTF-8'.")
    return text


def _separator(text: str) -> str:
    """What separates the names of the columns."""
    header = text.partition("\n")[0]
    return max(_SEPARATORS, key=header.count)


def _columns(reader: Iterator[list[str]]) -> list[str]:
    """The columns of the first line. Raises `Refused`."""
    try:
        columns = [cell.strip().lower() for cell in next(reader, [])]
    except csv.Error as error:
        raise Refused("file", f"its first line can't be understood ({error}).") from error
    expected = f"the first line must name columns among {','.join(COLUMNS)}"
    if _KEY not in columns:
        raise Refused("file", f"has no column {_KEY}; {expected}.")
    for column in columns:
        if column not in COLUMNS or columns.count(column) > 1:
            fault = "is there twice" if column in COLUMNS else "isn't known"
            raise Refused("file", f"its column {column!r} {fault}; {expected}.")
    return columns


def _line(number: int, row: list[str], columns: list[str]) -> Line | RefusedLine:
    if len(row) != len(columns):
        cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
        return RefusedLine(number, "line", f"has {cells} for {len(columns)} columns; quote cells with a separator.")
    return Line(number, {column: cell.strip() for column, cell in zip(columns, row, strict=True)})
