"""The four verbs for the watchdog, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen import rtpengine
from carillon.confgen.asterisk.manager import services_port
from carillon.confgen.system import System
from carillon.model.node import Node

NAME = "watchdog"
_SETTINGS = "watchdog.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the watchdog is told: the run directory of all components, and where they listen."""

    run: Path
    interpreter: Path
    pythonpath: Path
    node: Node


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    return Context(system.paths.run, system.interpreter, system.code, system.node)


def verify(context: Context) -> list[str]:
    """Nothing can be wrong with it."""
    return []


def files(context: Context) -> dict[str, str]:
    """The watchdog's only file."""
    node = context.node
    told = {
        "run": str(context.run),
        "address": node.address,
        "sip_port": node.sip_port,
        "gateway": node.signalling[0],
        "gateway_port": node.gateway_port,
        "services_port": services_port(node),
        "relay_port": rtpengine.control(node)[1],
        "presence_port": node.presence_port,
    }
    return {_SETTINGS: json.dumps(told, indent=1)}


def command(context: Context) -> list[str]:
    """The arguments that start the watchdog in the foreground."""
    return [str(context.interpreter), "-m", "carillon.watchdog.daemon", str(context.run / NAME / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the watchdog needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
