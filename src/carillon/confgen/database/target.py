"""The four verbs for MariaDB, and how it is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System
from carillon.confgen.templates import one_line, render
from carillon.model.node import Node
from carillon.model.witness import Witness

NAME = "database"
MAIN, NOTICE = "my.cnf", "notice.sh"
"""NOTICE is what a member calls when its cluster changes."""
STOP_S = 7
"""It says goodbye to the others and writes what it holds in memory."""
PROGRAM = Path("/usr/sbin/mariadbd")
PROVIDER = Path("/usr/lib/galera/libgalera_smm.so")
TIMEOUTS = {
    "evs.keepalive_period": "PT0.5S",
    "evs.inactive_check_period": "PT0.5S",
    "evs.suspect_timeout": "PT3S",
    "evs.inactive_timeout": "PT5S",
    "evs.install_timeout": "PT5S",
}
"""How soon a member that is silent is left behind, so that others can write on. The lease lasts longer (ADR 30)."""
SOCKET_PATH_LIMIT = 107
"""Linux keeps the path of a unix socket in 108 bytes, with a zero at the end."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the cluster. `listens`, `catches_up` and `is_copied` are its own places for the others, HOST:PORT;
    `peers` all members' and witnesses'."""

    name: str
    cluster: str
    listens: str
    catches_up: str
    is_copied: str
    peers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """Where MariaDB lies and listens. Others reach it at `address` and `port`, with a certificate of ours only.

    `member` is what it is in a cluster, None for a server alone; `others` are the databases of other members.
    """

    run: Path
    data: Path
    address: str
    port: int
    member: Member | None = None
    others: tuple[str, ...] = ()

    @property
    def timeouts(self) -> dict[str, str]:
        """How long members believe in each other."""
        return TIMEOUTS

    @property
    def provider(self) -> Path:
        """The library that replicates."""
        return PROVIDER

    @property
    def socket(self) -> Path:
        """Where this node's own commands reach it."""
        return self.run / "socket"


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths, node = system.paths, system.node
    others = tuple(place(one, one.database_port) for one in system.siblings if one.member)
    member = _member(system) if node.member else None
    return Context(paths.run_database, paths.own_database, node.address, node.database_port, member, others)


def _member(system: System) -> Member:
    node = system.node
    members = sorted((one for one in (node, *system.siblings) if one.member), key=lambda one: one.name)
    return Member(
        node.name,
        cluster_name(node),
        place(node, node.replication_port),
        place(node, node.catch_up_port),
        place(node, node.copy_port),
        (*(place(one, one.replication_port) for one in members), *(place(one, one.port) for one in system.witnesses)),
    )


def cluster_name(node: Node) -> str:
    """By which members of one system tell each other from those of another."""
    return f"carillon-{node.default_domain}"[:32]


def place(of: Node | Witness, port: int) -> str:
    """An address and a port, as in HOST:PORT."""
    return f"[{of.address}]:{port}" if ":" in of.address else f"{of.address}:{port}"


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that MariaDB can be started."""
    if len(str(context.socket).encode()) > SOCKET_PATH_LIMIT:
        return [f"socket: {context.socket} is longer than a socket's path may be; use a shorter directory name."]
    if context.port > 65535:
        return [f"sip_port: leaves no port for the database ({context.port}); choose one below 67289."]
    if context.member and not PROVIDER.exists():
        return ["it is a member of a cluster, for which galera-4 is missing; `sh setup/install.sh nodes` installs it."]
    return []


def files(context: Context) -> dict[str, str]:
    """MariaDB's files that hold no secret, by their paths below `context.run`."""
    return render(Path(__file__).parent, (MAIN, NOTICE) if context.member else (MAIN,), context, quote)


def quote(value: object) -> str:
    """A value for MariaDB's file, as it is: paths, addresses and ports need no quotes; anything else is refused."""
    text = one_line(value)
    if not all(character.isalnum() or character in "/._-:[]" for character in text):
        raise ValueError(f"{text!r} can't stand in MariaDB's file")
    return text


def command(context: Context) -> list[str]:
    """The arguments that start MariaDB in the foreground."""
    return [str(PROGRAM), f"--defaults-file={context.run / MAIN}"]


def first(context: Context) -> list[str]:
    """Module and arguments that decide how a member of a cluster starts; none for a server alone."""
    if context.member is None:
        return []
    own = f"[{context.address}]:{context.port}" if ":" in context.address else f"{context.address}:{context.port}"
    return ["carillon.supervision.memberstart", str(context.run), str(context.data), own, *context.others, "--"]


def environment(context: Context) -> dict[str, str]:
    """The environment that MariaDB needs besides a search path."""
    return {}
