"""Address books: who outside numbers are, for everybody or for one person."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from carillon.model.domain import require_canonical
from carillon.model.e164 import require_e164
from carillon.model.label import require_label
from carillon.model.refused import Refused
from carillon.model.user import require_extension

LONGEST = 64
LONGEST_NOTE = 120
DEFAULT_FIELD, DEFAULT_KEEP_S = "name", 86_400
SHORTEST_KEEP_S, LONGEST_KEEP_S = 60, 86_400
_FIELD = re.compile(r"[^\s,.]+(\.[^\s,.]+)*( *, *[^\s,.]+(\.[^\s,.]+)*)*")
_PRINTABLE = re.compile(r"[!-~]{1,500}")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Book:
    """A book of `domain`; `owner` is the extension of whom it belongs to, "" for everybody's.

    Books of one owner are asked by `position`, 1 first. With a `url`, which holds `{number}` or `{digits}`, it is
    another system's, asked by REST: `field` says where in its JSON the name is, which is kept for `keep_s` seconds.
    """

    domain: str
    name: str
    owner: str = ""
    position: int = 1
    url: str | None = None
    field: str | None = None
    keep_s: int | None = None

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_label("name", self.name)
        if self.owner:
            require_extension("user", self.owner)
        if self.url is not None:
            _require_source(self)

    @property
    def source(self) -> str:
        """What a name from it is said to come from."""
        if self.url:
            return f"source {self.name}"
        return f"personal book {self.name}" if self.owner else f"shared book {self.name}"

    @property
    def key(self) -> str:
        """What the journal calls it."""
        return f"{self.owner}/{self.name}" if self.owner else self.name


def _require_source(of: Book) -> None:
    """Raise `Refused` unless a source can be asked."""
    if of.owner:
        raise Refused("user", "can't be given with --url: another system is asked for everybody.")
    require_address(of.url or "")
    if not _FIELD.fullmatch(of.field or ""):
        raise Refused("field", f"{of.field!r} names no place in JSON; write one like contact.name or results.0.name.")
    if not SHORTEST_KEEP_S <= (of.keep_s or 0) <= LONGEST_KEEP_S:
        raise Refused("keep", f"{of.keep_s} isn't possible; choose {SHORTEST_KEEP_S} to {LONGEST_KEEP_S} seconds.")


def require_address(url: str) -> None:
    """Raise `Refused` unless `url` says where a number can be asked for."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Refused("url", f"can't be understood ({error}).") from error
    if parts.scheme not in ("http", "https") or not host or port == 0 or not _PRINTABLE.fullmatch(url):
        raise Refused("url", "is no address; write one like https://crm.example.org/lookup?phone={number}.")
    if "@" in parts.netloc:
        raise Refused("url", "holds a user or password; give a token by --token.")
    if any(piece in parts.netloc for piece in "{}"):
        raise Refused("url", "has a place to fill in its host; that can't be.")
    rest = f"{parts.path}?{parts.query}"
    if rest.count("{number}") + rest.count("{digits}") != 1:
        raise Refused("url", "must hold {number} once (+32475123456, or {digits} without the +): what is asked for.")


def is_private(url: str) -> bool:
    """Whether nobody between can read what is sent there."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


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
