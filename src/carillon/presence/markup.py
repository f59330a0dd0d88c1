"""Text in XML: quoted, and without the characters that XML 1.0 has no way to write."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def content(text: str) -> str:
    """Text between tags."""
    return escape(_IMPOSSIBLE.sub("", text))


def attribute(text: str) -> str:
    """The value of an attribute, with its quotes."""
    return quoteattr(_IMPOSSIBLE.sub("", text))
