"""A site: a place where people work. It says how they dial, and who they are for emergency services."""

from __future__ import annotations

import re
from dataclasses import dataclass

from carillon.model.domain import require_canonical
from carillon.model.e164 import require_country, require_e164
from carillon.model.label import require_label
from carillon.model.refused import Refused

DEFAULT_SITE = "main"
"""Every domain has this one, from the beginning to the end."""

_OUTSIDE_PREFIX = re.compile(r"[0-9]{0,4}")


@dataclass(frozen=True, slots=True)
class Site:
    """A place. `country` is ISO 3166-1 alpha-2; `outside_prefix` are the digits for an outside line, maybe none.

    `emergency_caller` is the E.164 number that emergency services see, None for the person's own.
    """

    domain: str
    name: str
    country: str = "BE"
    outside_prefix: str = ""
    emergency_caller: str | None = None

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_label("name", self.name)
        require_country("country", self.country)
        if not _OUTSIDE_PREFIX.fullmatch(self.outside_prefix):
            raise Refused("prefix", f"{self.outside_prefix!r} can't be dialled for a line; use at most 4 digits.")
        if self.emergency_caller is not None:
            require_e164("emergency_caller", self.emergency_caller)

    @property
    def is_default(self) -> bool:
        """Whether this is the site of people for whom none was chosen."""
        return self.name == DEFAULT_SITE
