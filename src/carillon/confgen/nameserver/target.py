"""The four verbs for NSD, and how its daemon is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System
from carillon.confgen.templates import one_line, render
from carillon.model.zone import NO_SERVICE, NameService
from carillon.system.paths import SERVICE_USER
from carillon.zones.text import served

NAME = "nameserver"
USER = "root"
"""Gives itself up at once, but for the right to take port 53."""
PROGRAM = "/usr/sbin/nsd"
CONFIGURATION = "nsd.conf"
_SETTINGS = "nameserver.json"
_AS_USER = (
    *("/usr/bin/setpriv", f"--reuid={SERVICE_USER}", f"--regid={SERVICE_USER}", "--clear-groups"),
    *("--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service", "--pdeathsig=TERM", "--"),
)


@dataclass(frozen=True, slots=True)
class Context:
    """What NSD answers, and where; the daemon follows `told`."""

    run: Path
    told: Path
    interpreter: Path
    pythonpath: Path
    service: NameService = NO_SERVICE


def context(system: System) -> Context:
    """What the files need to know of this system."""
    paths = system.paths
    return Context(paths.run / NAME, paths.name_service, system.interpreter, system.code, system.name_service)


def is_on(context: Context) -> bool:
    """Whether it runs at all."""
    return bool(context.service.listen)


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that NSD can be started."""
    if is_on(context) and not Path(PROGRAM).exists():
        return ["nsd: is not installed; run the set-up (make run)."]
    return []


def files(context: Context) -> dict[str, str]:
    """What the daemon is told; and where the node is a name server, NSD's configuration and a file for each zone."""
    told = json.dumps({"told": str(context.told)}, indent=1)
    return {_SETTINGS: told} | (nsd_files(context) if is_on(context) else {})


def nsd_files(context: Context) -> dict[str, str]:
    """The files that NSD reads."""
    zones = {f"{zone.domain}.zone": served(zone) for zone in context.service.zones}
    return render(Path(__file__).parent, (CONFIGURATION,), context, quote) | zones


def quote(value: object) -> str:
    """A value for NSD's configuration."""
    text = one_line(value)
    if not text or any(character in text for character in " \t\"'#"):
        raise ValueError(f"{text!r} cannot stand in NSD's configuration")
    return text


def command(context: Context) -> list[str]:
    """The arguments that start the daemon, which starts NSD, in the foreground."""
    return [*_AS_USER, str(context.interpreter), "-m", "carillon.zones.daemon", str(context.run / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
