"""People in a CSV file (RFC 4180): what a line says, and which lines can't be understood. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from carillon.model.number import number_typed
from carillon.model.refused import Refused
from carillon.model.rights import rights_text
from carillon.model.user import User
from carillon.provisioning import csvlines
from carillon.provisioning.csvlines import Line, RefusedLine

COLUMNS = ("extension", "name", "email", "domain", "site", "rights", "numbers")
_KEY = "extension"
_NUMBER_SEPARATORS = re.compile(r"[;,|]+")


def read(data: bytes) -> Iterator[Line | RefusedLine]:
    """The lines of a file, see `csvlines.read`. Raises `Refused`, naming `file`, for a file that isn't of this kind."""
    return csvlines.read(data, _require_columns)


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


def _require_columns(columns: Sequence[str]) -> None:
    expected = f"the first line must name columns among {','.join(COLUMNS)}"
    if _KEY not in columns:
        raise Refused("file", f"has no column {_KEY}; {expected}.")
    for column in columns:
        if column not in COLUMNS or columns.count(column) > 1:
            fault = "is there twice" if column in COLUMNS else "isn't known"
            raise Refused("file", f"its column {column!r} {fault}; {expected}.")
