"""The four verbs for the trunk daemon, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System

NAME = "trunks"
_SETTINGS = "trunks.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the daemon is told: the workers' directory, Kamailio's control socket, and where passwords are."""

    run: Path
    interpreter: Path
    pythonpath: Path
    directory: Path
    rpc: Path
    logins: Path


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths = system.paths
    return Context(
        paths.run / NAME, system.interpreter, system.code, paths.run_directory, paths.kamailio_rpc, paths.trunk_logins
    )


def verify(context: Context) -> list[str]:
    """Nothing can be wrong with it."""
    return []


def files(context: Context) -> dict[str, str]:
    """The daemon's only file."""
    told = {"directory": str(context.directory), "rpc": str(context.rpc), "logins": str(context.logins)}
    return {_SETTINGS: json.dumps(told, indent=1)}


def command(context: Context) -> list[str]:
    """The arguments that start the daemon in the foreground."""
    return [str(context.interpreter), "-m", "carillon.trunks.daemon", str(context.run / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
