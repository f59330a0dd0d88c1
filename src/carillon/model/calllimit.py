"""How many calls at once somebody, a group, a trunk or a domain may have."""

from __future__ import annotations

from carillon.model.refused import Refused

FIELD = "most_calls"
MOST = 100_000
NONE = "none"


def require_most_calls(most: int | None) -> None:
    """Raise `Refused` unless it is a number of calls that can be counted, or None for no limit."""
    if most is not None and not 1 <= most <= MOST:
        raise Refused(FIELD, f"{most} isn't possible; choose 1 to {MOST}, or {NONE} for no limit.")


def most_calls_typed(text: str) -> int | None:
    """What somebody typed: a number, or `none`. Raises `Refused`."""
    typed = text.strip().lower()
    if typed in ("", NONE):
        return None
    if not typed.isascii() or not typed.isdigit() or len(typed) > len(str(MOST)):
        raise Refused(FIELD, f"{text!r} is no number of calls; write 1 to {MOST}, or {NONE} for no limit.")
    most = int(typed)
    require_most_calls(most)
    return most
