"""The four verbs for the services, and how they are started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen import rtpengine
from carillon.confgen.asterisk.manager import services_key, services_port
from carillon.confgen.system import System

NAME = "services"
_SETTINGS = "services.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the daemon is told: where it listens (TCP), what Asterisk proves itself by, and where the system is."""

    run: Path
    interpreter: Path
    pythonpath: Path
    address: str
    port: int
    key: str
    system: Path
    redis: Path
    directory: Path
    voicemail: Path
    mail: Path
    prompts: Path
    guesses: Path
    spool: Path
    keys: Path
    relay: tuple[str, int]


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths = system.paths
    return Context(
        run=paths.run / NAME,
        interpreter=system.interpreter,
        pythonpath=system.code,
        address=system.node.gateway_address,
        port=services_port(system.node),
        key=services_key(paths),
        system=paths.directory,
        redis=paths.redis_socket,
        directory=paths.run_directory,
        voicemail=paths.voicemail,
        mail=paths.services_mail,
        prompts=paths.prompts,
        guesses=paths.guesses,
        spool=paths.recording_spool,
        keys=paths.keys_socket,
        relay=rtpengine.control(system.node),
    )


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that the services can be started."""
    if not 1024 <= context.port <= 65535:
        return [f"sip_port: leaves no port for the services ({context.port}); choose one from 1511."]
    return []


def files(context: Context) -> dict[str, str]:
    """The daemon's only file."""
    told = {"address": context.address, "port": context.port, "key": context.key, "relay": context.relay}
    names = ("system", "redis", "directory", "voicemail", "mail", "prompts", "guesses", "spool", "keys")
    places = {name: getattr(context, name) for name in names}
    return {_SETTINGS: json.dumps(told | {name: str(place) for name, place in places.items()}, indent=1)}


def command(context: Context) -> list[str]:
    """The arguments that start the daemon in the foreground."""
    return [str(context.interpreter), "-m", "carillon.asterisk.daemon", str(context.run / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the daemon needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath)}
