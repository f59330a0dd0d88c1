"""The verbs for supervisord."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System
from carillon.confgen.targets import ENGINES, engine, engines
from carillon.confgen.templates import one_line, render
from carillon.system.paths import SERVICE_USER

NAME = "supervisor"
_RANKS = {"database": 50, **{name: 100 * (rank + 1) for rank, name in enumerate((*ENGINES, "follower"))}}
"""In which order programs start: the same with a database of the node's own, or all others would be started anew."""
_FIRST = {"kamailio": "carillon.supervision.replay", "presence": "carillon.supervision.raisecseq"}


@dataclass(frozen=True, slots=True)
class Program:
    """One engine: its command line and environment in supervisord's own notation."""

    name: str
    command: str
    environment: str
    priority: int
    user: str
    autostart: bool = True
    stop_s: int = 5


@dataclass(frozen=True, slots=True)
class Context:
    """What supervisord's file says."""

    run: Path
    logs: Path
    socket: Path
    user: str
    programs: tuple[Program, ...]
    listener: str
    listener_environment: str


def context(system: System) -> Context:
    """The engines of this system, each started through our launcher."""
    paths = system.paths
    ours = {"PYTHONPATH": str(system.code)}
    return Context(
        run=paths.run,
        logs=paths.logs,
        socket=paths.supervisor_socket,
        user=SERVICE_USER,
        programs=tuple(_program(system, name, _RANKS[name]) for name in engines(paths)),
        listener=shlex.join(
            _module(system, "carillon.supervision.restarts", str(paths.restarts), str(paths.run_watchdog))
        ),
        listener_environment=_environment(ours),
    )


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that supervisord can be started."""
    limit = 107
    if len(str(context.socket).encode()) > limit:
        return [f"directory: {context.socket} is longer than {limit} bytes; choose a shorter directory name."]
    return []


def files(context: Context) -> dict[str, str]:
    """supervisord's only file."""
    return render(Path(__file__).parent, ("supervisord.conf",), context, quote)


def quote(value: object) -> str:
    """A value for supervisord's file: `%` would begin an expansion, ` ;` a comment."""
    text = one_line(value)
    if ";" in text:
        raise ValueError(f"{text!r} holds a semicolon, which supervisord takes for a comment")
    return text.replace("%", "%%")


def _program(system: System, name: str, priority: int) -> Program:
    module = engine(name)
    theirs = module.context(system)
    run = system.paths.run / name
    decides = getattr(module, "first", None)
    asks: list[str] = decides(theirs) if decides else []
    first = _module(system, *asks) if asks else _before(system, name)
    launch = _module(system, "carillon.supervision.launch", str(run), "--", *first, *module.command(theirs))
    environment = {"PYTHONPATH": str(system.code), **module.environment(theirs)}
    user, is_on = getattr(module, "USER", SERVICE_USER), getattr(module, "is_on", lambda _: True)
    stop_s = getattr(module, "STOP_S", 5)
    return Program(name, shlex.join(launch), _environment(environment), priority, user, is_on(theirs), stop_s)


def _before(system: System, name: str) -> list[str]:
    """What becomes the engine after it has put its state in order."""
    if name not in _FIRST:
        return []
    return _module(system, _FIRST[name], str(system.paths.state), "--")


def _module(system: System, module: str, *arguments: str) -> list[str]:
    return [str(system.interpreter), "-m", module, *arguments]


def _environment(variables: dict[str, str]) -> str:
    defaults = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    return ",".join(f'{key}="{value}"' for key, value in {**defaults, **variables}.items())
