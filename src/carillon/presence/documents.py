"""What one person's watchers are told, by event: its media type, and what differs from watcher to watcher. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from carillon.presence import dialoginfo, featurekeys, pidf, summary
from carillon.presence.picture import Picture

EVENTS: Final = ("presence", "dialog", "message-summary", featurekeys.CARRIED)


class Document(NamedTuple):
    """A document as all who see the same are told it; where it has a version, that stands between `begin` and `end`."""

    kind: str
    begin: str
    end: str | None = None

    def of_version(self, version: str) -> str:
        """What one of them is told: `version` rises with each of his NOTIFYs."""
        return self.begin if self.end is None else f"{self.begin}{version}{self.end}"


def document(event: str, aor: str, shown: Picture) -> Document:
    """Of a person, for one of EVENTS."""
    entity = f"sip:{aor}"
    if event == "presence":
        return Document(pidf.TYPE, pidf.write(entity, shown))
    if event == "dialog":
        return Document(dialoginfo.TYPE, *dialoginfo.around(entity, shown))
    if event == featurekeys.CARRIED:
        return Document(*featurekeys.write(aor.partition("@")[0], shown.dnd, shown.forwards))
    return Document(summary.TYPE, summary.write(entity, shown))
