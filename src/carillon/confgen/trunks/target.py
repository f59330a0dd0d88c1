"""The four verbs for the trunk daemon, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System
from carillon.model.node import Node
from carillon.trunks.registrations import DEFAULT

NAME = "trunks"
_SETTINGS = "trunks.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the daemon is told: the workers' directory, Kamailio's control socket, where passwords are, states go.

    `contact6` is our address for providers of IPv6. `lease` says whether this node registers; None where it is alone.
    `answers` keeps what the DNS last said; `families` are the types of
    addresses that this node reaches.
    """

    run: Path
    interpreter: Path
    pythonpath: Path
    directory: Path
    rpc: Path
    logins: Path
    states: Path
    contact6: str
    lease: Path | None
    answers: Path
    families: tuple[str, ...]


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths = system.paths
    return Context(
        run=paths.run / NAME,
        interpreter=system.interpreter,
        pythonpath=system.code,
        directory=paths.run_directory,
        rpc=paths.kamailio_rpc,
        logins=paths.trunk_logins,
        states=paths.trunk_states,
        contact6=_contact6(system.node),
        lease=paths.lease if paths.database.exists() else None,
        answers=paths.trunk_answers,
        families=tuple("AAAA" if ":" in address else "A" for address in system.node.addresses),
    )


def _contact6(node: Node) -> str:
    """Where providers of IPv6 find a node that has both families; the usual place for others."""
    return f"[{node.address6}]:{node.sip_port}" if node.address6 else DEFAULT


def verify(context: Context) -> list[str]:
    """Nothing can be wrong with it."""
    return []


def files(context: Context) -> dict[str, str]:
    """The daemon's only file."""
    told = {"directory": context.directory, "rpc": context.rpc, "logins": context.logins, "states": context.states}
    told["answers"] = context.answers
    return {
        _SETTINGS: json.dumps(
            {name: str(path) for name, path in told.items()}
            | {"contact6": context.contact6, "lease": str(context.lease or ""), "families": list(context.families)},
            indent=1,
        )
    }


def command(context: Context) -> list[str]:
    """The arguments that start the daemon in the foreground."""
    return [str(context.interpreter), "-m", "carillon.trunks.daemon", str(context.run / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
