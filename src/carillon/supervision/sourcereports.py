"""How sources of names are, in words: from the names daemon's file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from carillon.names import states
from carillon.system.paths import SystemPaths


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source since the start of the daemon: how many numbers were asked for, and what came of them.

    `problem` is what is wrong with it now, `since` when that began, ISO 8601; both empty when nothing is.
    """

    name: str
    domain: str
    asked: int = 0
    found: int = 0
    unknown: int = 0
    failed: int = 0
    problem: str = ""
    since: str = ""


def reports(paths: SystemPaths) -> tuple[SourceReport, ...]:
    """All sources that are asked; none when the system doesn't run."""
    return tuple(_report(*key, state) for key, state in states.read(paths.name_states).items())


def report(paths: SystemPaths, domain: str, name: str) -> SourceReport | None:
    """That of one source, None when it isn't asked."""
    return next((one for one in reports(paths) if (one.domain, one.name) == (domain, name)), None)


def _report(domain: str, name: str, state: states.SourceState) -> SourceReport:
    counts = state.asked, state.found, state.unknown, state.failed
    since = datetime.fromtimestamp(state.since, UTC).astimezone().isoformat(timespec="seconds") if state.problem else ""
    return SourceReport(name, domain, *counts, state.problem, since)
