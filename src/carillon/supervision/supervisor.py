"""Speaking to a system's supervisord: its XML-RPC over a unix socket."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport, UnixStreamHTTPConnection

from carillon.model.refused import Refused
from carillon.supervision.waiting import comes_true
from carillon.system.paths import SystemPaths

PATIENCE_S = 8.0
"""Seconds for one answer: a program that is asked to stop is killed after 5."""


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


def silent_supervisor(paths: SystemPaths) -> psutil.Process | None:
    """The supervisor that the system was started with, if it still is there: for when it doesn't answer."""
    try:
        process = psutil.Process(int((paths.run / "supervisor.pid").read_text()))
        ours = any(str(paths.run) in word for word in process.cmdline())
    except (OSError, ValueError, psutil.Error):
        return None
    return process if ours else None


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
    stop_program(socket, name)
    start_program(socket, name)


def stop_program(socket: Path, name: str) -> None:
    """Stop a program and wait until it is gone; it stays so until it is started again."""
    _call(socket, "stopProcess", name)


def stop_together(socket: Path, names: Sequence[str], patience_s: float) -> None:
    """Stop programs all at once, wait until they are gone, and have the supervisor forget them.

    By itself it stops one after the other, and notices each a second later.
    """
    for name in names:
        _call(socket, "stopProcess", name, False)
    comes_true(lambda: not _running(socket).intersection(names), patience_s)  # each question has it look who has ended
    for name in names:
        _call(socket, "removeProcessGroup", name)


def start_program(socket: Path, name: str) -> None:
    """Start a program that was stopped; returns at once."""
    _call(socket, "startProcess", name, False)


def _call(socket: Path, method: str, *arguments: object) -> object | None:
    transport = _transport(socket)
    proxy = ServerProxy("http://127.0.0.1", transport=transport)
    try:
        return cast("object", getattr(proxy.supervisor, method)(*arguments))
    except (OSError, http.client.HTTPException, Fault):
        return None
    finally:
        transport.close()


def _running(socket: Path) -> set[str]:
    return {name for name, state in (states(socket) or {}).items() if state.pid}


class _Connection(UnixStreamHTTPConnection):  # type: ignore[misc]  # the library has no types
    """The library's own waits for ever, and a supervisor may hang."""

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(PATIENCE_S)


def _transport(path: Path) -> SupervisorTransport:
    transport = SupervisorTransport(None, None, serverurl=f"unix://{path}")
    connection = _Connection("localhost")
    connection.socketfile = str(path)
    transport._get_connection = lambda: connection
    return transport


def _state(row: dict[str, Any]) -> ProgramState:
    words = row["spawnerr"] or row["description"]
    return ProgramState(row["name"], row["statename"], row["pid"] or None, row["start"], words)
