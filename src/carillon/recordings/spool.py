"""What the media relay and the workers left: which recordings are finished, cut short, or lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from carillon.routing.recording import Recording
from carillon.stores.recordingspool import read_metadata

DIED = "the media relay died"


@dataclass(frozen=True, slots=True)
class Finished:
    """A recording that the relay has ended: its packets, what the numbers of its codecs mean, and its description.

    `cut` says why it ended before the call, "" if it did not.
    """

    description: Path
    packets: Path
    recording: Recording
    codecs: dict[int, str]
    cut: str = ""

    @property
    def session(self) -> str:
        """The relay's session that was recorded: a call with pauses leaves several of these."""
        return self.packets.stem.rpartition("-")[0]

    def rests(self, spool: Path) -> Iterator[Path]:
        """What else was left of it."""
        yield spool / "going" / self.session
        yield spool / "ready" / self.session
        yield spool / "announced" / self.session
        yield spool / "tmp" / f"rtpengine-meta-{self.packets.stem}.tmp"


@dataclass(frozen=True, slots=True)
class Lost:
    """A recording that could not be made, since when (Unix seconds), and why."""

    word: Path
    recording: Recording
    why: str
    at: float


def finished(spool: Path) -> Iterator[Finished | Path]:
    """All that have ended; the path of a description that nobody understands."""
    for path in sorted((spool / "metadata").glob("*.txt")):
        lines = path.read_text("utf-8", "replace").splitlines()
        told = _told(lines[-1] if lines else "") or _told(next((line for line in reversed(lines) if line), ""))
        if told is None or not lines:
            yield path
        else:
            yield Finished(path, Path(lines[0]), *told)


def lost(spool: Path) -> Iterator[Lost | Path]:
    """All that workers left word of; the path of a word that nobody understands."""
    for path in sorted((spool / "lost").glob("*.json")):
        try:
            said = json.loads(path.read_text())
            recording = Recording.parse(str(said["recording"]))
            assert recording is not None
            yield Lost(path, recording, str(said["why"]), float(said["at"]))
        except (ValueError, KeyError, TypeError, AssertionError):
            yield path


def _told(line: str) -> tuple[Recording, dict[int, str]] | None:
    try:
        text, codecs = read_metadata(line.strip())
    except ValueError:
        return None
    recording = Recording.parse(text)
    return (recording, codecs) if recording else None


def interrupted(spool: Path, since: float) -> Iterator[Finished]:
    """What a relay that has died left unfinished: begun before the one that runs, which does `since` then (Unix s)."""
    for path in sorted((spool / "going").glob("[0-9a-f]*")):
        if path.stat().st_mtime >= since:
            continue
        told, begun = _told(path.read_text()), _begun(spool, path.name)
        if told and begun is not None:
            yield Finished(path, begun, *told, cut=DIED)
        elif not any((spool / "metadata").glob(f"*-{path.name}-*")):
            path.unlink()


def _begun(spool: Path, session: str) -> Path | None:
    """The packets of a session that the relay did not end."""
    notes = sorted((spool / "tmp").glob(f"*-{session}-*.tmp"))
    return spool / "pcaps" / f"{notes[-1].stem.partition('-meta-')[2]}.pcap" if notes else None
