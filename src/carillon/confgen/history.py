"""The configurations that were once in force, newest last, without private keys and passwords."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

KEPT = 20
MOMENT = "%Y%m%dT%H%M%SZ"
_PRIVATE = {
    "tls": frozenset({"key.pem", "node.key"}),
    "asterisk": frozenset({"manager.conf", "services.conf"}),
    "services": frozenset({"services.json"}),
}


def kept(name: str, files: Mapping[str, str]) -> dict[str, str]:
    """The files of a target that may be kept."""
    private = _PRIVATE.get(name, frozenset())
    return {path: text for path, text in files.items() if path not in private}


def keep(directory: Path, rendered: Mapping[str, Mapping[str, str]]) -> Path:
    """Keep a configuration, forget the oldest beyond `KEPT`; returns where it is."""
    entries = _entries(directory)
    number = int(entries[-1].name.split("-")[0]) + 1 if entries else 1
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    entry = directory / f"{number:05}-{datetime.now(UTC):{MOMENT}}"
    for name, files in rendered.items():
        for path, text in kept(name, files).items():
            file = entry / name / path
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_text(text)
    for old in _entries(directory)[:-KEPT]:
        shutil.rmtree(old)
    return entry


@dataclass(frozen=True, slots=True)
class Generation:
    """One configuration that was once in force: since when (UTC), and which targets differed from the one before."""

    number: int
    since: datetime
    changed: tuple[str, ...]


def listing(directory: Path) -> list[Generation]:
    """The kept configurations, oldest first; the last one is in force while the system runs."""
    found, before = [], dict[str, dict[str, str]]()
    for entry in _entries(directory):
        now = _targets(entry)
        changed = tuple(sorted(name for name in {*before, *now} if before.get(name) != now.get(name)))
        number, _, moment = entry.name.partition("-")
        since = datetime.strptime(moment, MOMENT).replace(tzinfo=UTC)
        found.append(Generation(int(number), since, changed))
        before = now
    return found


def generation(directory: Path, number: int) -> dict[str, dict[str, str]]:
    """The files by target of one kept configuration; empty when there is none of that number."""
    return next((_targets(each) for each in _entries(directory) if int(each.name.partition("-")[0]) == number), {})


def latest(directory: Path) -> dict[str, dict[str, str]]:
    """The files by target of the configuration last kept; empty when there is none."""
    entries = _entries(directory)
    return _targets(entries[-1]) if entries else {}


def _targets(entry: Path) -> dict[str, dict[str, str]]:
    return {one.name: _files(one) for one in entry.iterdir() if one.is_dir()}


def _files(directory: Path) -> dict[str, str]:
    return {str(file.relative_to(directory)): file.read_text() for file in directory.rglob("*") if file.is_file()}


def _entries(directory: Path) -> list[Path]:
    return sorted(directory.glob("[0-9]*-*")) if directory.exists() else []
