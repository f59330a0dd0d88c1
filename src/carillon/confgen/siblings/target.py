"""The four verbs for the daemon that speaks with siblings, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carillon.confgen.kamailio import cluster, home_uri
from carillon.confgen.system import System

NAME = "siblings"
_SETTINGS = "siblings.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the daemon is told."""

    run: Path
    interpreter: Path
    pythonpath: Path
    told: dict[str, Any]


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths, node = system.paths, system.node
    peers = [[one.name, one.addresses, one.feed_port, home_uri(one)] for one in system.siblings]
    told = {
        "node": node.name,
        "listen": [node.address, node.feed_port],
        "speak_from": [node.signalling[0], node.feed_port],
        "kamailio": [node.signalling[0], node.sip_port],
        "socket": f"tls:{cluster(node)}",
        "rpc": str(paths.kamailio_rpc),
        "location": str(paths.state / "location.db"),
        "changed": str(paths.registrations_changed),
        "states": str(paths.sibling_states),
        "nodes": str(paths.run_tls),
        "peers": peers,
    }
    return Context(paths.run / NAME, system.interpreter, system.code, told)


def verify(context: Context) -> list[str]:
    """Nothing can be wrong with it."""
    return []


def files(context: Context) -> dict[str, str]:
    """The daemon's only file."""
    return {_SETTINGS: json.dumps(context.told, indent=1)}


def command(context: Context) -> list[str]:
    """The arguments that start the daemon in the foreground."""
    return [str(context.interpreter), "-m", "carillon.siblings.daemon", str(context.run / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
