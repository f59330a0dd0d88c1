"""The name in what a source answered. Pure."""

from __future__ import annotations

import json
from typing import Any

from carillon.model.book import LONGEST, one_line


class Unusable(Exception):
    """The answer can't be used; the text says why, without the number, the address or a secret."""


def name_in(body: bytes, path: str) -> str:
    """The name at `path`, "" when the source does not know the number. Raises `Unusable`.

    `path` is names and places joined by dots, `contacts.0.name`; several, separated by commas, are joined by blanks.
    """
    if not body.strip():
        return ""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unusable("it answers no JSON") from error
    parts = (_text(_at(document, one.strip())) for one in path.split(","))
    return " ".join(part for part in parts if part)[:LONGEST].strip()


def _at(document: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isascii() and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def _text(value: Any) -> str:
    """What a display can show of a value."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return one_line("".join(letter if letter.isprintable() else " " for letter in one_line(str(value))))
