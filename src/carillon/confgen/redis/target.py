"""The four verbs for Redis, and how it is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System
from carillon.confgen.templates import one_line, render

NAME = "redis"
MEMORY_BYTES = 64 * 1024 * 1024
"""Two hours of hand-overs of some hundred bytes each, with room to spare."""

SOCKET_PATH_LIMIT = 107
"""Linux keeps the path of a unix socket in 108 bytes, with a zero at the end."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where Redis lies and listens."""

    run: Path
    socket: Path
    memory_bytes: int = MEMORY_BYTES


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    return Context(run=system.paths.run_redis, socket=system.paths.redis_socket)


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that Redis can be started."""
    if len(str(context.socket).encode()) > SOCKET_PATH_LIMIT:
        return [f"socket: {context.socket} is longer than a socket's path may be; use a shorter directory name."]
    return []


def files(context: Context) -> dict[str, str]:
    """Redis's only file, by its path below `context.run`."""
    return render(Path(__file__).parent, ("redis.conf",), context, quote)


def quote(value: object) -> str:
    """A value for Redis's file: quoted where it isn't plain."""
    text = one_line(value)
    if text and all(character.isalnum() or character in "/._-:" for character in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def command(context: Context) -> list[str]:
    """The arguments that start Redis in the foreground."""
    return ["/usr/bin/redis-server", str(context.run / "redis.conf")]


def environment(context: Context) -> dict[str, str]:
    """The environment that Redis needs besides a search path."""
    return {}
