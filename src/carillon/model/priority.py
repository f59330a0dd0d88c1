"""Which phones ring first where they do not say so themselves: a rule table by User-Agent, for phones without q."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

PRIORITIES: Final[tuple[tuple[str, float], ...]] = ()
"""Expressions for the beginning of a User-Agent, in whatever case, with the priority of such phones.

Nobody is put back by the make of his phone: the table is empty, and `carillon device set --priority` speaks for each.
"""


@lru_cache(maxsize=1024)
def priority_for(user_agent: str, table: tuple[tuple[str, float], ...] = PRIORITIES) -> float | None:
    """The priority of phones that call themselves so, None when the table says nothing."""
    return next((value for pattern, value in table if re.match(pattern, user_agent.strip(), re.IGNORECASE)), None)
