"""The short names that administrators give to sites, trunks and groups."""

from __future__ import annotations

import re

from carillon.model.refused import Refused

LONGEST_LABEL = 32
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def require_label(field: str, text: str) -> None:
    """Raise `Refused`, naming `field`, unless `text` can name a site, a trunk or a group."""
    if not _LABEL.fullmatch(text):
        raise Refused(
            field, f"{text!r} is no name; use 1 to {LONGEST_LABEL} of A-Z a-z 0-9 . _ - with a letter or digit first."
        )
