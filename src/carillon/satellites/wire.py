"""What a main tells a satellite: lines of JSON in one compressed stream, the last of which says that all has come.

The first line says from where to where it leads and what is to be forgotten, each further one holds rows of one table.
Empty lines say only that somebody is there.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from carillon.model.change import Noun, Subject
from carillon.stores.directoryfile import SCHEMA, SMALL, Row, Step
from carillon.stores.sql.feed import Position

PATH = "/changes"
CLOCK = "X-Carillon-Clock"
"""A header of the answer: what the main's clock shows, in Unix seconds with a fraction. (Date has none.)"""
BEAT_S = 2.0
SILENT_S = 7.0
"""Whoever has heard nothing for so long calls anew."""
A_LINE = 100
"""Rows in one line; a small table is in one line whole."""

Line = Any


class Broken(ValueError):
    """What came is not all, or not understood: nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a satellite has: its position, the print of what lies beside, and its version."""

    at: Position | None
    aside: str
    version: str
    schema: int = SCHEMA

    def as_json(self) -> dict[str, Any]:
        """As it is sent."""
        return {"at": _told(self.at), "aside": self.aside, "version": self.version, "schema": self.schema}

    @classmethod
    def read(cls, said: dict[str, Any]) -> Asked:
        """What `as_json` wrote; raises ValueError or TypeError for anything else."""
        return cls(_position(said.get("at")), str(said.get("aside")), str(said.get("version")), int(said["schema"]))


@dataclass(frozen=True, slots=True)
class Header:
    """The first line. `aside` is None where the satellite has what lies beside."""

    before: Position | None
    to: Position
    touched: frozenset[Subject] | None
    aside: dict[str, Any] | None


def lines(before: Position | None, step: Step, aside: dict[str, Any] | None) -> Iterator[str]:
    """A step as it is sent, line by line."""
    touched = None if step.touched is None else sorted([*_subject(thing)] for thing in step.touched)
    yield json.dumps({"from": _told(before), "to": _told(step.position), "touched": touched, "aside": aside})
    count = 0
    for table, rows in step.rows:
        for part in _parts(table, rows):
            count += len(part)
            yield json.dumps([table, part], ensure_ascii=False, separators=(",", ":"))
    yield json.dumps({"end": count})


def _parts(table: str, rows: Iterable[Row]) -> Iterator[list[Row]]:
    if table in SMALL:
        yield list(rows)
        return
    left = iter(rows)
    while part := list(itertools.islice(left, A_LINE)):
        yield part


def header(line: str) -> Header:
    """The first line. Raises Broken."""
    try:
        said = json.loads(line)
        to = _position(said["to"])
        if to is None:
            raise Broken("it leads nowhere")
        touched = said["touched"]
        things = None if touched is None else frozenset(Subject(Noun(noun), *more) for noun, *more in touched)
        return Header(_position(said["from"]), to, things, said["aside"])
    except (ValueError, TypeError, KeyError) as error:
        raise Broken(f"the beginning isn't understood ({error})") from error


def rows(further: Iterable[str]) -> Iterator[tuple[str, list[Row]]]:
    """Tables and rows of all lines behind the first. Raises Broken, at the end when the last one is missing."""
    count = 0
    for line in further:
        try:
            said = json.loads(line)
            if isinstance(said, dict):
                if said["end"] != count:
                    raise Broken(f"{said['end']} rows were sent and {count} came")
                return
            table, part = said
            count += len(part)
        except (ValueError, TypeError, KeyError) as error:
            raise Broken(str(error)) from error
        yield str(table), part
    raise Broken("the end is missing")


def is_end(line: bytes) -> bool:
    """Whether this line is the last one."""
    return line.startswith(b'{"end"')


def _told(position: Position | None) -> list[Any] | None:
    return None if position is None else [position.sequence, position.mark]


def _position(told: list[Any] | None) -> Position | None:
    if told is None:
        return None
    sequence, mark = told
    return Position(int(sequence), str(mark))


def _subject(thing: Subject) -> tuple[str, str, str]:
    return thing.noun.value, thing.domain, thing.key
