"""The four verbs for the calls daemon, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from carillon.confgen.asterisk.manager import LISTENER_USER, manager_secret
from carillon.confgen.system import System

NAME = "calls"
_SETTINGS = "calls.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the daemon is told: where Asterisk's manager interface is, and the places that it reads and writes."""

    run: Path
    interpreter: Path
    pythonpath: Path
    address: str
    port: int
    secret: str = field(repr=False)
    directory: Path
    redis: Path
    rpc: Path
    figures: Path
    states: Path


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths, node = system.paths, system.node
    return Context(
        run=paths.run / NAME,
        interpreter=system.interpreter,
        pythonpath=system.code,
        address=node.gateway_address,
        port=node.gateway_port,
        secret=manager_secret(paths.secret),
        directory=paths.run_directory,
        redis=paths.redis_socket,
        rpc=paths.kamailio_rpc,
        figures=paths.call_figures,
        states=paths.states_socket,
    )


def verify(context: Context) -> list[str]:
    """Nothing can be wrong with it."""
    return []


def files(context: Context) -> dict[str, str]:
    """The daemon's only file."""
    places = {"directory": context.directory, "redis": context.redis, "rpc": context.rpc, "figures": context.figures}
    places["states"] = context.states
    told = {
        "door": [context.address, context.port, LISTENER_USER, context.secret],
        "gateway": f"{context.address}:{context.port}",
        "several": False,  # one Asterisk a node is all that is configured yet
        **{name: str(path) for name, path in places.items()},
    }
    return {_SETTINGS: json.dumps(told, indent=1)}


def command(context: Context) -> list[str]:
    """The arguments that start the daemon in the foreground."""
    return [str(context.interpreter), "-m", "carillon.calls.daemon", str(context.run / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
