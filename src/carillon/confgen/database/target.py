"""The four verbs for MariaDB, and how it is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System
from carillon.confgen.templates import one_line, render

NAME = "database"
PROGRAM = Path("/usr/sbin/mariadbd")
SOCKET_PATH_LIMIT = 107
"""Linux keeps the path of a unix socket in 108 bytes, with a zero at the end."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where MariaDB lies and listens. Others reach it at `address` and `port`, with a certificate of ours only."""

    run: Path
    data: Path
    address: str
    port: int

    @property
    def socket(self) -> Path:
        """Where this node's own commands reach it."""
        return self.run / "socket"


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths, node = system.paths, system.node
    return Context(paths.run_database, paths.own_database, node.address, node.database_port)


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that MariaDB can be started."""
    if len(str(context.socket).encode()) > SOCKET_PATH_LIMIT:
        return [f"socket: {context.socket} is longer than a socket's path may be; use a shorter directory name."]
    if context.port > 65535:
        return [f"sip_port: leaves no port for the database ({context.port}); choose one below 67289."]
    return []


def files(context: Context) -> dict[str, str]:
    """MariaDB's only file that holds no secret, by its path below `context.run`."""
    return render(Path(__file__).parent, ("my.cnf",), context, quote)


def quote(value: object) -> str:
    """A value for MariaDB's file, as it is: paths, addresses and ports need no quotes; anything else is refused."""
    text = one_line(value)
    if not all(character.isalnum() or character in "/._-:" for character in text):
        raise ValueError(f"{text!r} can't stand in MariaDB's file")
    return text


def command(context: Context) -> list[str]:
    """The arguments that start MariaDB in the foreground."""
    return [str(PROGRAM), f"--defaults-file={context.run / 'my.cnf'}"]


def environment(context: Context) -> dict[str, str]:
    """The environment that MariaDB needs besides a search path."""
    return {}
