"""Path: the proxies between the registrar and a phone (RFC 3327)."""

from __future__ import annotations

import re

from carillon.sip.uri import SipUri

LONGEST = 255
"""Characters of all Path headers together."""

_FIRST = re.compile(r'\s*(?:"(?:[^"\\]|\\.)*"\s*|[^<,"]*)<([^>]*)>')
_LOOSE = re.compile(r";lr(?:[=;?]|$)", re.IGNORECASE)


def first_hop(path: str) -> SipUri | None:
    """The proxy next to us in the values of all Path headers; None when it is no loose router that can be read."""
    found = _FIRST.match(path)
    return SipUri.parse(found[1]) if found and _LOOSE.search(found[1]) else None
