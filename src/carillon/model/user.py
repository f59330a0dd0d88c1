"""A person, or a place such as a lobby, with an extension."""

from __future__ import annotations

import re
from dataclasses import dataclass

from carillon.model.domain import require_canonical
from carillon.model.refused import Refused

_EXTENSION = re.compile(r"[0-9]{1,15}")
_EMAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")
LONGEST_NAME = 64
LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an extension of 1 to 15 digits. Address of record: `EXTENSION@DOMAIN` (RFC 3261 §10)."""

    domain: str
    extension: str
    name: str
    email: str | None = None

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_extension("extension", self.extension)
        require_display_name("name", self.name)
        if self.email is not None and (len(self.email) > LONGEST_EMAIL or not _EMAIL.fullmatch(self.email)):
            raise Refused("email", f"{self.email!r} is no e-mail address; write one like alice@example.org.")


def is_extension(text: str) -> bool:
    """Whether `text` is 1 to 15 ASCII digits."""
    return _EXTENSION.fullmatch(text) is not None


def require_extension(field: str, text: str) -> None:
    """Raise `Refused`, naming `field`, unless `text` is an extension."""
    if not is_extension(text):
        raise Refused(field, f"{text!r} is no extension; use 1 to 15 digits.")


def require_display_name(field: str, text: str) -> None:
    """Raise `Refused` unless a phone can show `text`: 1 to 64 printable characters, no blanks around."""
    if not text.strip():
        raise Refused(field, "is empty; write the name that called phones show.")
    if len(text) > LONGEST_NAME or not text.isprintable() or text != text.strip():
        raise Refused(field, f"{text!r} can't be shown; use at most {LONGEST_NAME} printable characters.")
