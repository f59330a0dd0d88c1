"""The four verbs for rtpengine, and how it is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from carillon.confgen.system import System
from carillon.confgen.templates import one_line, render
from carillon.model.node import SIP_PORT, Node

NAME = "rtpengine"
PROGRAM = Path("/usr/bin/rtpengine")
CONTROL_PORT = 5087  # a second system, ten ports further, does not meet it
THREADS = 2


@dataclass(frozen=True, slots=True)
class Context:
    """Where the relay listens; it writes `pidfile` when it does.

    `control` is HOST:PORT (UDP); media use `first_port` to `last_port` of `address`.
    """

    run: Path
    pidfile: Path
    address: str
    advertise: str | None
    control: str
    control_port: int
    first_port: int
    last_port: int
    spool: Path
    threads: int = THREADS


def control(node: Node) -> tuple[str, int]:
    """Where commands are taken: the gateway's loopback address, port 5087, moved as far as `sip_port` is from 5060."""
    return node.gateway_address, CONTROL_PORT + node.sip_port - SIP_PORT


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    node = system.node
    host, port = control(node)
    first, last = node.relay_ports
    return Context(
        run=system.paths.run / NAME,
        pidfile=system.paths.run / NAME / "rtpengine.pid",
        address=node.address,
        advertise=node.advertise,
        control=f"{host}:{port}",
        control_port=port,
        first_port=first,
        last_port=last,
        spool=system.paths.recording_spool,
    )


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that the relay can be started."""
    problems = []
    if not PROGRAM.exists():
        problems.append("rtpengine: is not installed; run the set-up (make run).")
    if context.control_port > 65535:
        problems.append("sip_port: leaves no port to command the media relay; choose one below 65509.")
    if context.last_port - context.first_port < 3:
        problems.append("rtp_end: leaves no ports for the media relay; a call needs four, so choose a wider range.")
    return problems


def files(context: Context) -> dict[str, str]:
    """The relay's only file."""
    return render(Path(__file__).parent, ("rtpengine.conf",), context, quote)


def quote(value: object) -> str:
    """A value for the relay's file, where `;` and `#` would begin something else."""
    text = one_line(value)
    if any(sign in text for sign in ";#\\"):
        raise ValueError(f"{text!r} cannot stand in rtpengine's configuration")
    return text


def command(context: Context) -> list[str]:
    """The arguments that start the relay in the foreground."""
    return [str(PROGRAM), f"--config-file={context.run / 'rtpengine.conf'}"]


def environment(context: Context) -> dict[str, str]:
    """The environment that the relay needs besides a search path."""
    return {}
