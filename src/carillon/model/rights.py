"""Which outside calls somebody may make. Internal and emergency calls are everybody's, always."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from carillon.model.refused import Refused


class NumberClass(StrEnum):
    """A class of outside numbers, as seen from the country of the caller's site. Emergency calls need no right.

    `shared` cost is split between both sides; `special` are short codes and what fits in no other class.
    """

    EMERGENCY = "emergency"
    NATIONAL = "national"
    MOBILE = "mobile"
    INTERNATIONAL = "international"
    PREMIUM = "premium"
    FREE = "free"
    SHARED = "shared"
    SPECIAL = "special"


Rights = tuple[NumberClass, ...]
"""Each class once, in the order of `GRANTED`."""

GRANTED: Rights = tuple(one for one in NumberClass if one is not NumberClass.EMERGENCY)
"""The classes that somebody may call, or not."""

ALL, NONE = "all", "none"
DEFAULT_RIGHTS: Rights = (NumberClass.NATIONAL, NumberClass.MOBILE, NumberClass.FREE)
_SEPARATORS = re.compile(r"[\s,;|+]+")


def ordered(classes: Iterable[NumberClass]) -> Rights:
    """The same classes, each once, in their order."""
    chosen = frozenset(classes)
    return tuple(each for each in GRANTED if each in chosen)


def parse_rights(field: str, text: str) -> Rights:
    """Read `national,mobile`, `all` or `none`. Raises `Refused`, naming `field`."""
    words = [word for word in _SEPARATORS.split(text.strip().lower()) if word]
    if words == [ALL]:
        return GRANTED
    if words == [NONE]:
        return ()
    unknown = [word for word in words if word not in set(GRANTED)]
    if unknown or not words:
        known = ", ".join(GRANTED)
        raise Refused(field, f"{unknown[0] if unknown else text!r} isn't known; choose among {known}, or all, or none.")
    return ordered(NumberClass(word) for word in words)


def rights_text(rights: Rights) -> str:
    """What `parse_rights` reads, separated by blanks."""
    if not rights:
        return NONE
    return ALL if len(rights) == len(GRANTED) else " ".join(rights)
