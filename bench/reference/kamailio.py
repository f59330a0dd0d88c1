"""A minimal native Kamailio: kamailio.cfg.jinja beside this, with the same engine's values as our own configuration."""

from __future__ import annotations

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
