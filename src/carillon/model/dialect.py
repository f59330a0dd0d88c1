"""How makers of phones want to be told with which ring a call rings: a rule table by User-Agent."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

from carillon.model.frozen import dataclass


class Writing(StrEnum):
    """The ways to write Alert-Info: a URN (RFC 7462), a Bellcore cadence, a text as a parameter, or the text alone."""

    URN = "urn"
    BELLCORE = "bellcore"
    INFO = "info"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Dialect:
    """Phones that are told alike. `number` is kept with each registration, and so never given to another one.

    `agents` finds them by their User-Agent, in whatever case; the first dialect that fits counts.
    """

    number: int
    name: str
    writing: Writing
    agents: str


OTHER: Final = Dialect(0, "others", Writing.URN, "")

DIALECTS: Final = (
    Dialect(1, "yealink", Writing.INFO, r"yealink"),
    Dialect(2, "snom", Writing.INFO, r"snom"),
    Dialect(3, "polycom", Writing.TEXT, r"poly"),
    Dialect(4, "cisco", Writing.BELLCORE, r"cisco|linksys|sipura"),
    Dialect(5, "grandstream", Writing.BELLCORE, r"grandstream"),
    Dialect(6, "gigaset", Writing.INFO, r"gigaset|[ncst][0-9]{3}a? ?ip\b"),
    Dialect(7, "fanvil", Writing.INFO, r"fanvil"),
    Dialect(8, "panasonic", Writing.BELLCORE, r"panasonic"),
    Dialect(9, "mitel", Writing.INFO, r"mitel|aastra"),
    Dialect(10, "htek", Writing.INFO, r"htek"),
)
"""At most 31: they share five bits of a registration's flags."""

MOST: Final = 31
_AGENTS = tuple((re.compile(rf"(?:{dialect.agents})", re.IGNORECASE), dialect) for dialect in DIALECTS)
_NUMBERS = {dialect.number: dialect for dialect in (OTHER, *DIALECTS)}


@lru_cache(maxsize=1024)
def dialect_of(user_agent: str) -> Dialect:
    """The dialect of phones that call themselves so."""
    return next((dialect for pattern, dialect in _AGENTS if pattern.match(user_agent.strip())), OTHER)


def dialect_numbered(number: int) -> Dialect:
    """The dialect that a registration keeps; a number that nobody knows is that of the others."""
    return _NUMBERS.get(number, OTHER)
