"""From which other domains of the system people of a domain take messages."""

from __future__ import annotations

import re

from carillon.model.domain import domain_name, require_canonical
from carillon.model.refused import Refused

FIELD = "messages_from"
ALL, NONE = "all", "none"
EVERY = "*"
"""How `all` is kept: no domain has this name."""


def messages_from_typed(text: str, own: str) -> str:
    """What somebody typed for the domain `own`, as it is kept: names with blanks, `*` for all, "" for none.

    Typed are names of domains with commas or blanks between, `all` or `none`. Raises `Refused`.
    """
    words = [word for word in re.split(r"[\s,;]+", text.strip().lower()) if word]
    if words == [ALL]:
        return EVERY
    if words in ([], [NONE]):
        return ""
    names = sorted({domain_name(word, FIELD) for word in words})
    if own in names:
        raise Refused(FIELD, f"people of {own} write to each other anyhow; name other domains, {ALL} or {NONE}.")
    return " ".join(names)


def without(kept: str, gone: str) -> str:
    """The same without a domain that is no more: who has its name one day is somebody else."""
    return " ".join(name for name in kept.split() if name != gone)


def shown(kept: str) -> str:
    """How it is typed."""
    return ALL if kept == EVERY else kept.replace(" ", ",") or NONE


def require_messages_from(kept: str) -> None:
    """Raise `Refused` unless it is as `messages_from_typed` keeps it."""
    for name in kept.split() if kept != EVERY else ():
        require_canonical(name, FIELD)
