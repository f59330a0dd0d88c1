"""Names that sources outside said, as the names daemon writes them into Kamailio's shared memory."""

from __future__ import annotations

from carillon.stores.ports import Named

TABLE = "names"
_SEPARATOR = "\t"


def key(domain: str, number: str) -> str:
    """Under which key a number is."""
    return f"{domain} {number}"


def written(source: str, name: str) -> str:
    """The value: which source, and the name."""
    return f"{source}{_SEPARATOR}{name}"


def read(value: str | None) -> Named | None:
    """What `written` wrote; None for nothing."""
    source, separator, name = (value or "").partition(_SEPARATOR)
    return Named(name, f"source {source}") if separator and name else None
