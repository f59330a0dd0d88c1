"""The four verbs for the daemon `states`, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System
from carillon.states.settings import Settings

NAME = "states"
_FILE = "states.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the daemon is told, and what it runs with."""

    run: Path
    interpreter: Path
    pythonpath: Path
    settings: Settings


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths = system.paths
    settings = Settings(
        socket=paths.states_socket,
        directory=paths.run_directory,
        location=paths.state / "location.db",
        publications=paths.publications,
        calendars=paths.calendar_spans,
        pictures=paths.pictures,
        kamailio_rpc=paths.kamailio_rpc,
        presence_rpc=paths.presence_rpc,
        voicemail=paths.voicemail,
    )
    return Context(paths.run / NAME, system.interpreter, system.code, settings)


def verify(context: Context) -> list[str]:
    """Nothing can be wrong with it."""
    return []


def files(context: Context) -> dict[str, str]:
    """The daemon's only file."""
    return {_FILE: json.dumps(context.settings.to_json(), indent=1)}


def command(context: Context) -> list[str]:
    """The arguments that start the daemon in the foreground."""
    return [str(context.interpreter), "-m", "carillon.states.daemon", str(context.run / _FILE)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
