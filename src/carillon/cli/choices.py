"""Small things that people choose or list on the command line."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

import typer

MostCalls = Annotated[
    str | None, typer.Option(metavar="N|none", help="How many calls at once there may be; none for any number.")
]

_SEPARATORS = re.compile(r"[\s,;]+")


class YesNo(StrEnum):
    """An answer to a question of the system."""

    YES = "yes"
    NO = "no"


def chosen(answer: YesNo | None) -> bool | None:
    """What somebody answered; None when he didn't."""
    return None if answer is None else answer is YesNo.YES


def listed(text: str | None) -> tuple[str, ...]:
    """The words of `101,102` or `101 102`."""
    return tuple(word for word in _SEPARATORS.split(text or "") if word)


def wishes(**given: Any) -> dict[str, Any]:
    """What somebody gave, each named as its option; raises `BadParameter` when that is nothing."""
    found = {name: value for name, value in given.items() if value is not None}
    if not found:
        *others, last = (f"--{name.replace('_', '-')}" for name in given)
        raise typer.BadParameter(f"Nothing to change: give {', '.join(others)} or {last}.")
    return found
