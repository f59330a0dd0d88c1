"""A minimal native Kamailio: kamailio.cfg.jinja beside this, with the same engine's values as our own configuration.

And the same routing in Python: minimal.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bench.people import PEOPLE
from carillon.confgen.kamailio.target import Context, quote
from carillon.confgen.templates import render
from carillon.model.node import Node


@dataclass(frozen=True, slots=True)
class Native:
    """What the native script says: our engine's values, our gateway, and HA1 (MD5) by user name."""

    engine: Context
    gateway_address: str
    gateway_port: int
    gateway_socket: str
    accounts: tuple[tuple[str, str], ...]


def text(engine: Context, node: Node) -> str:
    """The configuration of the native Kamailio."""
    socket = f"udp:{node.gateway_address}:{node.sip_port}"
    accounts = tuple((person.extension, person.ha1("md5")) for person in PEOPLE)
    context = Native(engine, node.gateway_address, node.gateway_port, socket, accounts)
    return render(Path(__file__).parent, ("kamailio.cfg",), context, quote)["kamailio.cfg"]


def python_files(engine: Context, node: Node) -> dict[str, str]:
    """The native configuration with its routing taken out, and minimal.py with its values in its place."""
    modules, _, _ = text(engine, node).partition("event_route[htable:mod-init]")
    modules = modules.replace('loadmodule "auth.so"', 'loadmodule "auth.so"\nloadmodule "app_python3.so"')
    by_kemi = (
        f'modparam("app_python3", "load", "{engine.run}/minimal.py")',
        'cfgengine "python"',
        'kemi.onsend_route_callback=""',
        'kemi.reply_route_callback=""',
    )
    values = {
        "address": node.gateway_address,
        "port": node.gateway_port,
        "socket": f"udp:{node.gateway_address}:{node.sip_port}",
        "accounts": {person.extension: person.ha1("md5") for person in PEOPLE},
    }
    return {
        "kamailio.cfg": "\n".join((modules, *by_kemi, "")),
        "minimal.py": (Path(__file__).parent / "minimal.py").read_text(),
        "minimal.json": json.dumps(values),
    }
