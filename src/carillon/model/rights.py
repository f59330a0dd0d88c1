"""Which outside calls somebody may make. Internal and emergency calls are everybody's, always."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from carillon.model.refused import Refused


class OutsideClass(StrEnum):
    """A class of outside numbers, as seen from the country of the caller's site.

    `shared` cost is split between both sides; `special` are short codes and what fits in no other class.
    """

    NATIONAL = "national"
    MOBILE = "mobile"
    INTERNATIONAL = "international"
    PREMIUM = "premium"
    FREE = "free"
    SHARED = "shared"
    SPECIAL = "special"


Rights = tuple[OutsideClass, ...]
"""Each class once, in the order of `OutsideClass`."""

ALL, NONE = "all", "none"
DEFAULT_RIGHTS: Rights = (OutsideClass.NATIONAL, OutsideClass.MOBILE, OutsideClass.FREE)
_SEPARATORS = re.compile(r"[\s,;|+]+")


def ordered(classes: Iterable[OutsideClass]) -> Rights:
    """The same classes, each once, in their order."""
    chosen = frozenset(classes)
    return tuple(each for each in OutsideClass if each in chosen)


def parse_rights(field: str, text: str) -> Rights:
    """Read `national,mobile`, `all` or `none`. Raises `Refused`, naming `field`."""
    words = [word for word in _SEPARATORS.split(text.strip().lower()) if word]
    if words == [ALL]:
        return tuple(OutsideClass)
    if words == [NONE]:
        return ()
    unknown = [word for word in words if word not in set(OutsideClass)]
    if unknown or not words:
        known = ", ".join(OutsideClass)
        raise Refused(field, f"{unknown[0] if unknown else text!r} isn't known; choose among {known}, or all, or none.")
    return ordered(OutsideClass(word) for word in words)


def rights_text(rights: Rights) -> str:
    """What `parse_rights` reads, separated by blanks."""
    if not rights:
        return NONE
    return ALL if len(rights) == len(OutsideClass) else " ".join(rights)
