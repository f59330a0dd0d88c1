"""What the watchdog noticed, for `status`: a small JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from carillon.system import whole

NOTES = "notes.json"
"""Its name in the watchdog's directory."""


@dataclass(frozen=True, slots=True)
class Note:
    """A component that is or was silent: since when, why it was ended and when, since when it works again.

    Times are ISO 8601 in UTC; `ended` and `back` are empty as long as they haven't happened.
    """

    since: str
    why: str = ""
    ended: str = ""
    back: str = ""

    @property
    def words(self) -> str:
        """One clause for people."""
        if self.back:
            return f"it hung at {self.since} ({self.why})"
        if self.ended:
            return f"hangs since {self.since} ({self.why}); killed, and being started again"
        return f"no answer since {self.since}; it is killed and started again if this lasts"


def read_notes(path: Path) -> dict[str, Note]:
    """The note of each component that has one."""
    try:
        return {name: Note(**row) for name, row in json.loads(path.read_text()).items()}
    except FileNotFoundError:
        return {}


def write_notes(path: Path, notes: Mapping[str, Note]) -> None:
    """Replace the file, by rename."""
    whole.write(path, json.dumps({name: asdict(note) for name, note in notes.items()}))
