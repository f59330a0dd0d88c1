"""The four verbs for the presence server, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.kamailio.memory import memory
from carillon.confgen.kamailio.target import PROGRAM, module_directory, quote
from carillon.confgen.system import System
from carillon.confgen.templates import render
from carillon.kamailio.presencesettings import VARIABLE

NAME = "presence"
_FILE = "presence.cfg"
_SETTINGS = "presence.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the presence server's files say. Expiries of subscriptions are in seconds."""

    run: Path
    rpc: Path
    subscriptions: Path
    entry: Path
    pythonpath: str
    settings: str
    listener: str
    contact: str
    modules: str
    workers: int = 2
    shortest_s: int = 60
    longest_s: int = 3600


def context(system: System) -> Context:
    """What the files need to know of this system."""
    paths, node = system.paths, system.node
    own = _bracketed(node.signalling[0])
    contact = f"{own}:{node.presence_port}"
    return Context(
        run=paths.run_presence,
        rpc=paths.presence_rpc,
        subscriptions=paths.subscriptions,
        entry=system.code / "carillon" / "kamailio" / "presenceentry.py",
        pythonpath=system.pythonpath,
        settings=_settings(system),
        listener=f"udp:{contact}",
        contact=contact,
        modules=module_directory(),
    )


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that the presence server can be started."""
    if not (Path(context.modules) / "presence.so").exists():
        return ["presence: kamailio-presence-modules is not installed; run the set-up (make run)."]
    return []


def files(context: Context) -> dict[str, str]:
    """Its files, by their path below `context.run`."""
    return render(Path(__file__).parent, (_FILE,), context, quote) | {_SETTINGS: context.settings}


def command(context: Context) -> list[str]:
    """The arguments that start it in the foreground."""
    return [
        PROGRAM,
        *("-DD", "-E", "-f", str(context.run / _FILE), "-Y", str(context.run)),
        *memory(),
    ]


def environment(context: Context) -> dict[str, str]:
    """The environment that its embedded Python needs."""
    return {
        "PYTHONPATH": context.pythonpath,
        VARIABLE: str(context.run / _SETTINGS),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _settings(system: System) -> str:
    paths, node = system.paths, system.node
    told = {
        "pictures": str(paths.pictures),
        "publications": str(paths.publications),
        "messages": str(paths.messages),
        "subscriptions": str(paths.subscriptions),
        "location": str(paths.state / "location.db"),
        "states_socket": str(paths.states_socket),
        "keys_socket": str(paths.keys_socket),
        "kamailio": [node.signalling[0], node.watch_port],
        "node": node.name,
        "turn": str(paths.kept_turn),
    }
    return json.dumps(told, indent=1)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
