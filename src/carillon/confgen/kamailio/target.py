"""The four verbs for Kamailio, and how it is started."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

from carillon.confgen import rtpengine
from carillon.confgen.system import System
from carillon.confgen.templates import one_line, render
from carillon.kamailio.settings import VARIABLE
from carillon.model.node import Node
from carillon.routing.bans import SETTINGS, BanSettings
from carillon.routing.facts import Gateway, NodeProfile
from carillon.system.paths import SystemPaths

NAME = "kamailio"
PROGRAM = "/usr/sbin/kamailio"
SHARED_MEMORY_MB = 128
PRIVATE_MEMORY_MB = 32

_FILES = ("kamailio.cfg", "tls.cfg")
_SETTINGS = "worker.json"


@dataclass(frozen=True, slots=True)
class Context:
    """What Kamailio's files say about one node. Expiries are in seconds."""

    run: Path
    rpc: Path
    location: Path
    certificate: Path
    key: Path
    entry: Path
    pythonpath: str
    settings: str
    listeners: tuple[str, ...]
    restore_password: str
    trusted: tuple[str, ...]
    contact: str
    modules: str
    relay: str
    workers: int = 4
    tcp_workers: int = 2
    longest_expiry_s: int = 3600
    bans: BanSettings = SETTINGS


def context(system: System) -> Context:
    """What the files need to know of this system."""
    paths, node = system.paths, system.node
    return Context(
        run=paths.run_kamailio,
        rpc=paths.kamailio_rpc,
        location=paths.state / "location.db",
        certificate=paths.run_tls / "certificate.pem",
        key=paths.run_tls / "key.pem",
        entry=system.code / "carillon" / "kamailio" / "entry.py",
        pythonpath=system.pythonpath,
        settings=_settings(system),
        listeners=_listeners(node),
        contact=f"{_host(node.public_address)}:{node.sip_port}",
        restore_password=hashlib.sha256(paths.identity.encode()).hexdigest()[:16],
        trusted=_trusted(system.paths),
        modules=_module_directory(),
        relay="udp:{}:{}".format(*rtpengine.control(node)),
        workers=max(4, 2 * (os.cpu_count() or 2)),
    )


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that Kamailio can be started."""
    problems = []
    if not Path(PROGRAM).exists():
        problems.append("kamailio: is not installed; run the set-up (make run).")
    if len(set(context.listeners)) != len(context.listeners):
        problems.append("sip_port: two listeners have the same address and port; choose another sip_port.")
    problems += [
        f"trusted: {network!r} is no network; write one a line, such as 192.0.2.0/24."
        for network in context.trusted
        if not _is_network(network)
    ]
    return problems


def files(context: Context) -> dict[str, str]:
    """Every file of Kamailio, by its path below `context.run`."""
    return render(Path(__file__).parent, _FILES, context, quote) | {_SETTINGS: context.settings}


def quote(value: object) -> str:
    """A value for kamailio.cfg, where quotes and backslashes end or change a string."""
    text = one_line(value)
    if '"' in text or "\\" in text:
        raise ValueError(f"{text!r} cannot stand in Kamailio's configuration")
    return text


def command(context: Context) -> list[str]:
    """The arguments that start Kamailio in the foreground."""
    return [
        PROGRAM,
        *("-DD", "-E", "-f", str(context.run / "kamailio.cfg"), "-Y", str(context.run)),
        # The default allocator walks long lists: tlsf took a fifth off the cost of a call (make bench).
        *("-m", str(SHARED_MEMORY_MB), "-M", str(PRIVATE_MEMORY_MB), "-x", "tlsf"),
    ]


def environment(context: Context) -> dict[str, str]:
    """The environment that Kamailio's embedded Python needs."""
    return {
        "PYTHONPATH": context.pythonpath,
        VARIABLE: str(context.run / _SETTINGS),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _listeners(node: Node) -> tuple[str, ...]:
    """UDP, TCP and TLS on the node's address; towards Asterisk a UDP socket on its own loopback address."""
    own = _host(node.address)
    advertised = f" advertise {_host(node.advertise)}:%d" if node.advertise else ""
    listeners = [
        f"{transport}:{own}:{port}{advertised % port if advertised else ''}"
        for transport, port in (("udp", node.sip_port), ("tcp", node.sip_port), ("tls", node.tls_port))
    ]
    if node.gateway_address != node.address:
        listeners.append(f"udp:{node.gateway_address}:{node.sip_port}")
    return tuple(listeners)


def _trusted(paths: SystemPaths) -> tuple[str, ...]:
    """Networks of the administrator's file `trusted`, one a line; `#` begins a comment."""
    if not paths.trusted.exists():
        return ()
    lines = (line.partition("#")[0].strip() for line in paths.trusted.read_text().splitlines())
    return tuple(line for line in lines if line)


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _host(address: str) -> str:
    return f"[{address}]" if ip_address(address).version == 6 else address


def node_profile(node: Node, secret: bytes) -> NodeProfile:
    """What a worker of this node knows of it."""
    hosts = {node.address, _host(node.address), node.public_address, "localhost"}
    gateway = Gateway(node.gateway_address, node.gateway_port)
    return NodeProfile(node.default_domain, (gateway,), frozenset(hosts), secret)


def _settings(system: System) -> str:
    node, paths = system.node, system.paths
    profile = node_profile(node, b"")
    return json.dumps(
        {
            "default_domain": profile.default_domain,
            "gateways": [[gateway.address, gateway.port] for gateway in profile.gateways],
            "gateway_socket": f"udp:{node.gateway_address}:{node.sip_port}",
            "outside_socket": f"udp:{_host(node.address)}:{node.sip_port}",
            "hosts": sorted(profile.hosts),
            "secret": str(paths.run_secret),
            "directory": str(paths.run_directory),
            "redis_socket": str(paths.redis_socket),
            "trace_socket": str(paths.trace_socket),
            "trusted": _trusted(paths),
            "trunk_logins": str(paths.trunk_logins),
            "ring_s": profile.ring_s,
        },
        indent=1,
    )


def _module_directory() -> str:
    found = sorted(Path("/usr/lib").glob("*/kamailio/modules"))
    return f"{found[0] if found else '/usr/lib/kamailio/modules'}/"
