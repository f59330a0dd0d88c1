"""Speaking to a system's supervisord: its XML-RPC over a unix socket."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from carillon.model.refused import Refused


@dataclass(frozen=True, slots=True)
class ProgramState:
    """What the supervisor says of one program. `since` is a Unix time; `words` why it isn't running."""

    name: str
    state: str
    pid: int | None
    since: int
    words: str


def states(socket: Path) -> dict[str, ProgramState] | None:
    """The programs by name, or None when no supervisor answers."""
    rows = _call(socket, "getAllProcessInfo")
    if rows is None:
        return None
    return {str(row["name"]): _state(row) for row in cast("list[dict[str, Any]]", rows)}


def supervisor_pid(socket: Path) -> int | None:
    """The process id of the supervisor, None when none answers."""
    return cast("int | None", _call(socket, "getPID"))


def shut_down(socket: Path) -> None:
    """Ask the supervisor to stop every program and then itself; returns at once."""
    _call(socket, "shutdown")


def update(socket: Path) -> set[str]:
    """Have the supervisor read its file again, and restart the programs that it starts otherwise now: their names.

    Raises `Refused` when it doesn't.
    """
    answer = _call(socket, "reloadConfig")
    if answer is None:
        raise Refused("supervisor", "didn't read its configuration again; see `carillon log supervisor`.")
    added, changed, removed = cast("list[list[list[str]]]", answer)[0]
    for name in (*changed, *removed):
        _call(socket, "stopProcessGroup", name)
        _call(socket, "removeProcessGroup", name)
    for name in (*added, *changed):
        _call(socket, "addProcessGroup", name)
    return {*added, *changed, *removed}


def restart(socket: Path, name: str) -> None:
    """Stop a program, wait until it is gone, and start it; `await_healthy` tells when it works."""
    _call(socket, "stopProcess", name)
    _call(socket, "startProcess", name, False)


def _call(socket: Path, method: str, *arguments: object) -> object | None:
    transport = SupervisorTransport(None, None, serverurl=f"unix://{socket}")
    proxy = ServerProxy("http://127.0.0.1", transport=transport)
    try:
        return cast("object", getattr(proxy.supervisor, method)(*arguments))
    except (OSError, http.client.HTTPException, Fault):
        return None
    finally:
        transport.close()


def _state(row: dict[str, Any]) -> ProgramState:
    words = row["spawnerr"] or row["description"]
    return ProgramState(row["name"], row["statename"], row["pid"] or None, row["start"], words)
