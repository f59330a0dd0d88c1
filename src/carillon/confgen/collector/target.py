"""The four verbs for the collector, and how it is started."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from carillon.confgen import rtpengine
from carillon.confgen.system import System
from carillon.model.node import SIP_PORT, Node
from carillon.system.paths import SystemPaths

NAME = "collector"
METRICS_PORT = 9060
STORE = "traces.db"
_SETTINGS = "collector.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What the collector is told. Metrics are served by HTTP on `address`:`port` (TCP)."""

    run: Path
    interpreter: Path
    pythonpath: Path
    socket: Path
    store: Path
    address: str
    port: int
    trunk_states: Path
    relay: tuple[str, int]


def store_path(paths: SystemPaths) -> Path:
    """Where traces are kept."""
    return paths.state / STORE


def metrics_port(node: Node) -> int:
    """TCP port of the metrics on the gateway's loopback address: 9060, moved as far as `sip_port` is from 5060."""
    return METRICS_PORT + node.sip_port - SIP_PORT


def context(system: System) -> Context:
    """What the file needs to know of this system."""
    paths = system.paths
    return Context(
        run=paths.run / NAME,
        interpreter=system.interpreter,
        pythonpath=system.code,
        socket=paths.trace_socket,
        store=store_path(paths),
        address=system.node.gateway_address,
        port=metrics_port(system.node),
        trunk_states=paths.trunk_states,
        relay=rtpengine.control(system.node),
    )


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that the collector can be started."""
    if context.port > 65535:
        return [f"sip_port: leaves no port for the metrics ({context.port}); choose one below 61536."]
    return []


def files(context: Context) -> dict[str, str]:
    """The collector's only file."""
    return {
        _SETTINGS: json.dumps(
            {
                "socket": str(context.socket),
                "store": str(context.store),
                "address": context.address,
                "port": context.port,
                "trunk_states": str(context.trunk_states),
                "relay": context.relay,
            },
            indent=1,
        )
    }


def command(context: Context) -> list[str]:
    """The arguments that start the collector in the foreground."""
    return [str(context.interpreter), "-m", "carillon.collector.daemon", str(context.run / _SETTINGS)]


def environment(context: Context) -> dict[str, str]:
    """The environment that the collector needs besides a search path."""
    return {"PYTHONPATH": str(context.pythonpath), "PROMETHEUS_DISABLE_CREATED_SERIES": "true"}
