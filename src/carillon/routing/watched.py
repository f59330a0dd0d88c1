"""Whom a subscription is about, as it rides in our Record-Route: its To may be any number of that person."""

from __future__ import annotations

import re
from typing import Final

PARAMETER: Final = "watched"
_WATCHED = re.compile(rf";{PARAMETER}=([^/;,>\s]+)/([^/;,>\s]+)(?:/([^/;,>\s]+))?")


def parameter(aor: str, by: str = "") -> str:
    """`;watched=102/example.org/101`, the last by whom: an @ may not stand in a parameter (RFC 3261 §25.1)."""
    extension, _, domain = aor.partition("@")
    return f";{PARAMETER}={extension}/{domain}{f'/{by}' if by else ''}"


def watch_in(route: str) -> tuple[str, str]:
    """The AOR, and the watcher's extension, in a Route that `parameter` marked; "" for what it does not say."""
    found = _WATCHED.search(route)
    return (f"{found[1]}@{found[2]}", found[3] or "") if found else ("", "")
