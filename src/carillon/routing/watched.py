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


def watched_in(route: str) -> str:
    """The AOR in a Route that `parameter` marked; "" when there is none."""
    found = _WATCHED.search(route)
    return f"{found[1]}@{found[2]}" if found else ""


def watcher_in(route: str) -> str:
    """The extension of the watcher in such a Route; "" when there is none."""
    found = _WATCHED.search(route)
    return found[3] or "" if found else ""
