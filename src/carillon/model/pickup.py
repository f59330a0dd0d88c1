"""Pick-up: who may take a call that rings at somebody else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from carillon.model.label import require_label
from carillon.model.refused import Refused

GROUP = "group:"
_EXTENSION = re.compile(r"[0-9]{1,15}")


class PickupBy(StrEnum):
    """Who may pick a person up. Whoever names him, or one of his groups, in a list of his own is one of the named."""

    GROUP = "group"
    """Members of the same group, and the named."""
    LISTED = "listed"
    """The named only."""
    NOBODY = "no"


def require_pickup_of(field: str, entries: Sequence[str]) -> None:
    """Raise `Refused` unless each entry is `group:NAME` or an extension, and none stands there twice."""
    for entry in entries:
        if entry.startswith(GROUP):
            require_label(field, entry.removeprefix(GROUP))
        elif not _EXTENSION.fullmatch(entry):
            raise Refused(field, f"{entry!r} is neither an extension nor a group; write 102 or group:sales.")
    twice = [entry for entry in entries if entries.count(entry) > 1]
    if twice:
        raise Refused(field, f"{twice[0]} is there twice; write each once.")
