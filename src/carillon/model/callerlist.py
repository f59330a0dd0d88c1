"""A list of callers, for forwarding rows that are for some callers only."""

from __future__ import annotations

import re
from dataclasses import dataclass

from carillon.model.domain import require_canonical
from carillon.model.e164 import is_e164
from carillon.model.label import require_label
from carillon.model.refused import Refused
from carillon.model.user import is_extension

ANONYMOUS = "anonymous"
_PREFIX = re.compile(r"\+?[0-9]{1,15}\*")


@dataclass(frozen=True, slots=True)
class CallerList:
    """Callers of one domain: extensions, E.164 numbers, beginnings of either such as `+3247*`, and `anonymous`."""

    domain: str
    name: str
    callers: tuple[str, ...]

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_label("name", self.name)
        for caller in self.callers:
            if not (is_extension(caller) or is_e164(caller) or _PREFIX.fullmatch(caller) or caller == ANONYMOUS):
                raise Refused("callers", f"{caller!r} is no caller; write 101, +3225551234, +3247* or {ANONYMOUS}.")
        if not self.callers:
            raise Refused("callers", "is empty; a list has at least one caller.")
