"""The four verbs for the daemon of recordings, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen import rtpengine
from carillon.confgen.system import System

NAME = "recordings"
_SETTINGS = "recordings.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the daemon is told: where recordings lie, and where Asterisk's sound comes from (addresses, UDP ports)."""

    run: Path
    interpreter: Path
    pythonpath: Path
    directory: Path
    recordings: Path
    relay_pidfile: Path
    relay: tuple[str, int]
    gateway: tuple[str, ...]
    ports: tuple[int, int]


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths = system.paths
    return Context(
        run=paths.run / NAME,
        interpreter=system.interpreter,
        pythonpath=system.code,
        directory=paths.run_directory,
        recordings=paths.recordings,
        relay_pidfile=paths.run / "rtpengine" / "rtpengine.pid",
        relay=rtpengine.control(system.node),
        gateway=system.node.addresses,
        ports=system.node.gateway_ports,
    )


def verify(context: Context) -> list[str]:
    """Nothing can be wrong with it."""
    return []


def files(context: Context) -> dict[str, str]:
    """The daemon's only file."""
    told = {
        "directory": str(context.directory),
        "recordings": str(context.recordings),
        "relay_pidfile": str(context.relay_pidfile),
        "relay": context.relay,
        "gateway": context.gateway,
        "ports": context.ports,
    }
    return {_SETTINGS: json.dumps(told, indent=1)}


def command(context: Context) -> list[str]:
    """The arguments that start the daemon in the foreground."""
    return [str(context.interpreter), "-m", "carillon.recordings.daemon", str(context.run / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
