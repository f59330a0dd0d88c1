"""Small things that people choose or list on the command line."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

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
