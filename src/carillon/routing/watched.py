"""Whom a subscription is about, as it rides in our Record-Route: its To may be any number of that person."""

from __future__ import annotations

import re
from typing import Final

PARAMETER: Final = "watched"
_WATCHED = re.compile(rf";{PARAMETER}=([^/;,>\s]+)/([^;,>\s]+)")


def parameter(aor: str) -> str:
    """`;watched=102/example.org`: an @ may not stand in a parameter (RFC 3261 §25.1)."""
    extension, _, domain = aor.partition("@")
    return f";{PARAMETER}={extension}/{domain}"


def watched_in(route: str) -> str:
    """The AOR in a Route that `parameter` marked; "" when there is none."""
    found = _WATCHED.search(route)
    return f"{found[1]}@{found[2]}" if found else ""
