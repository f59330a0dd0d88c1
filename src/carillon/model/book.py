"""Address books: who outside numbers are, for everybody or for one person."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from carillon.model.domain import require_canonical
from carillon.model.e164 import require_e164
from carillon.model.label import require_label
from carillon.model.refused import Refused
from carillon.model.user import require_extension

LONGEST = 64
LONGEST_NOTE = 120
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Book:
    """A book of `domain`; `owner` is the extension of whom it belongs to, "" for everybody's.

    Books of one owner are asked by `position`, 1 first.
    """

    domain: str
    name: str
    owner: str = ""
    position: int = 1

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_label("name", self.name)
        if self.owner:
            require_extension("user", self.owner)

    @property
    def source(self) -> str:
        """What a name from it is said to come from."""
        return f"personal book {self.name}" if self.owner else f"shared book {self.name}"

    @property
    def key(self) -> str:
        """What the journal calls it."""
        return f"{self.owner}/{self.name}" if self.owner else self.name


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody in a book, with E.164 numbers. A name, or at least a company, is there."""

    name: str
    numbers: tuple[str, ...]
    company: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.name and not self.company:
            raise Refused("name", "is empty; write who it is, or a company.")
        for field, text, most in (
            ("name", self.name, LONGEST), ("company", self.company, LONGEST), ("note", self.note, LONGEST_NOTE)
        ):  # fmt: skip
            require_shown(field, text, most)
        if not self.numbers:
            raise Refused("numbers", "are missing; write one at least.")
        for number in self.numbers:
            require_e164("numbers", number)

    @property
    def shown(self) -> str:
        """What phones show: `Jan Peeters (Acme)`."""
        return shown(self.name, self.company)


def shown(name: str, company: str) -> str:
    """A name with its company, if both are known."""
    return f"{name} ({company})" if name and company else name or company


def one_line(text: str) -> str:
    """Text as a display shows it: line breaks and tabs are blanks, invisible marks are left out.

    Such marks turn the direction of writing (Unicode category Cf); they come along when people copy contacts, and
    would let a name show itself as another one.
    """
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return _BLANKS.sub(" ", visible).strip()


def require_shown(field: str, text: str, most: int) -> None:
    """Raise `Refused` unless a phone can show `text`, of at most so many characters."""
    if not text.isprintable():
        raise Refused(field, f"{text!r} can't be shown; leave control characters out.")
    if len(text) > most:
        raise Refused(field, f"has {len(text)} characters; {most} at most are shown.")
