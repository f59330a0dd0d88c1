"""What the targets of our own daemons share: one file of settings, and how the daemon is started with it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carillon.confgen.system import System


@dataclass(frozen=True, slots=True)
class Daemon:
    """The daemon `carillon.NAME.daemon`, and what it is told: what JSON can hold, paths as text."""

    name: str
    run: Path
    interpreter: Path
    pythonpath: Path
    told: Mapping[str, Any] = field(repr=False)

    @property
    def settings(self) -> str:
        """The name of its file, below `run`."""
        return f"{self.name}.json"


def daemon(system: System, name: str, told: Mapping[str, Any]) -> Daemon:
    """A daemon of this system, in a run directory of its own."""
    return Daemon(name, system.paths.run / name, system.interpreter, system.code, told)


def verify(context: Daemon) -> list[str]:
    """Nothing can be wrong with it."""
    return []


def files(context: Daemon) -> dict[str, str]:
    """The daemon's only file."""
    return {context.settings: json.dumps(context.told, indent=1, default=os.fspath)}


def command(context: Daemon) -> list[str]:
    """The arguments that start the daemon in the foreground."""
    return [str(context.interpreter), "-m", f"carillon.{context.name}.daemon", str(context.run / context.settings)]


def environment(context: Daemon) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
