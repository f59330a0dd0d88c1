"""A person, or a place such as a lobby, with an extension."""

from __future__ import annotations

import re
from dataclasses import dataclass

from carillon.model.calllimit import require_most_calls
from carillon.model.domain import require_canonical
from carillon.model.e164 import require_e164
from carillon.model.label import require_label
from carillon.model.pickup import PickupBy, require_pickup_of
from carillon.model.refused import Refused
from carillon.model.rights import DEFAULT_RIGHTS, Rights, ordered
from carillon.model.site import DEFAULT_SITE

_EXTENSION = re.compile(r"[0-9]{1,15}")
_EMAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")
LONGEST_NAME = 64
LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an extension of 1 to 15 digits. Address of record: `EXTENSION@DOMAIN` (RFC 3261 §10).

    `rights` are the outside calls he may make. `caller_number`, E.164, is what outside people see of him, None for
    the main number of the trunk; with `withhold` they see nothing (RFC 3325). Without `call_waiting` he is busy for
    whoever calls while he has a call. `pickup` says who may pick him up, `pickup_of` whom he may pick up besides the
    members of his groups: extensions, and `group:NAME`. Without `rings` his phones ring alike, whoever calls.
    `most_calls` is how many calls he may have at once, None for any number.
    """

    domain: str
    extension: str
    name: str
    email: str | None = None
    site: str = DEFAULT_SITE
    rights: Rights = DEFAULT_RIGHTS
    caller_number: str | None = None
    withhold: bool = False
    call_waiting: bool = True
    pickup: PickupBy = PickupBy.GROUP
    pickup_of: tuple[str, ...] = ()
    rings: bool = True
    most_calls: int | None = None

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_extension("extension", self.extension)
        require_display_name("name", self.name)
        if self.email is not None and (len(self.email) > LONGEST_EMAIL or not _EMAIL.fullmatch(self.email)):
            raise Refused("email", f"{self.email!r} is no e-mail address; write one like alice@example.org.")
        require_label("site", self.site)
        if self.caller_number is not None:
            require_e164("caller_number", self.caller_number)
        require_most_calls(self.most_calls)
        if ordered(self.rights) != self.rights:
            raise Refused("rights", "must be in order, each once.")
        require_pickup_of("pickup_of", self.pickup_of)


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
