"""The four verbs for the follower, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System

NAME = "follower"
USER = "root"
"""It reads the password of the database, and writes what is root's."""
_SETTINGS = "follower.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the daemon is told: its system."""

    run: Path
    interpreter: Path
    pythonpath: Path
    system: Path


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    return Context(system.paths.run / NAME, system.interpreter, system.code, system.paths.directory)


def verify(context: Context) -> list[str]:
    """Nothing can be wrong with it."""
    return []


def files(context: Context) -> dict[str, str]:
    """The daemon's only file."""
    return {_SETTINGS: json.dumps({"system": str(context.system)}, indent=1)}


def command(context: Context) -> list[str]:
    """The arguments that start the daemon in the foreground."""
    return [str(context.interpreter), "-m", "carillon.follower.daemon", str(context.run / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
