"""The four verbs for the names daemon, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System

NAME = "names"
_SETTINGS = "names.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the daemon is told: whom it asks, where it is asked, whom it tells, and where it says how sources are."""

    run: Path
    interpreter: Path
    pythonpath: Path
    directory: Path
    rpc: Path
    sources: Path
    asked: Path
    states: Path
    kept: Path


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths = system.paths
    return Context(
        run=paths.run / NAME,
        interpreter=system.interpreter,
        pythonpath=system.code,
        directory=paths.run_directory,
        rpc=paths.kamailio_rpc,
        sources=paths.name_sources,
        asked=paths.names_asked,
        states=paths.name_states,
        kept=paths.kept_names,
    )


def verify(context: Context) -> list[str]:
    """Nothing can be wrong with it."""
    return []


def files(context: Context) -> dict[str, str]:
    """The daemon's only file."""
    names = ("directory", "rpc", "sources", "asked", "states", "kept")
    return {_SETTINGS: json.dumps({name: str(getattr(context, name)) for name in names}, indent=1)}


def command(context: Context) -> list[str]:
    """The arguments that start the daemon in the foreground."""
    return [str(context.interpreter), "-m", "carillon.names.daemon", str(context.run / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
