"""CSV files as people save them (RFC 4180): their lines, and those that can't be understood. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from carillon.model.refused import Refused

_SEPARATORS = ",;\t"


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


def read(data: bytes, require_columns: Callable[[Sequence[str]], None]) -> Iterator[Line | RefusedLine]:
    """The lines of a file, but for the first one, which names the columns in any order; empty ones are left out.

    UTF-8 with or without BOM; separated by comma, semicolon or tab. Raises `Refused`, naming `file`, for a file
    that isn't of this kind; so does `require_columns`, which is told the columns in small letters.
    """
    text = _text(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    columns = _columns(reader)
    require_columns(columns)
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
        return [cell.strip().lower() for cell in next(reader, [])]
    except csv.Error as error:
        raise Refused("file", f"its first line can't be understood ({error}).") from error


def _line(number: int, row: list[str], columns: list[str]) -> Line | RefusedLine:
    if len(row) != len(columns):
        cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
        return RefusedLine(number, "line", f"has {cells} for {len(columns)} columns; quote cells with a separator.")
    return Line(number, {column: cell.strip() for column, cell in zip(columns, row, strict=True)})
