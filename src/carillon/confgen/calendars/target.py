"""The four verbs for the calendars daemon, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System

NAME = "calendars"
_SETTINGS = "calendars.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the daemon is told: which calendars there are, and where it keeps what they say."""

    run: Path
    interpreter: Path
    pythonpath: Path
    sources: Path
    spans: Path


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths = system.paths
    return Context(paths.run / NAME, system.interpreter, system.code, paths.calendar_sources, paths.calendar_spans)


def verify(context: Context) -> list[str]:
    """Nothing can be wrong with it."""
    return []


def files(context: Context) -> dict[str, str]:
    """The daemon's only file."""
    return {_SETTINGS: json.dumps({"sources": str(context.sources), "spans": str(context.spans)}, indent=1)}


def command(context: Context) -> list[str]:
    """The arguments that start the daemon in the foreground."""
    return [str(context.interpreter), "-m", "carillon.calendars.daemon", str(context.run / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
