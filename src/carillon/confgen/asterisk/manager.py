"""Asterisk's manager interface, and the services that it asks: where they listen, and by what they know each other.

The interface listens beside the gateway's SIP, by TCP on the same loopback address and port.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import astuple

from carillon.calls.ami import Door
from carillon.model.node import SIP_PORT, Node
from carillon.system.paths import SystemPaths

SERVICES_PORT = 4573
MANAGER_USER = "carillon"
"""Who asks and goes."""

LISTENER_USER = "carillon-calls"
"""Who stays and listens: the calls daemon. The password is the same."""

HEARD = ("DialBegin", "Newstate", "BridgeEnter", "BridgeLeave", "Hangup")
"""The events that it is sent: others would cost it time and say nothing more."""


def services_port(node: Node) -> int:
    """TCP port of the services on the gateway's loopback address: 4573, moved as far as `sip_port` is from 5060."""
    return SERVICES_PORT + node.sip_port - SIP_PORT


def manager_secret(paths: SystemPaths) -> str:
    """The password of the manager interface, made from this machine's own key; empty when there is none yet."""
    return _made_from(paths, b"manager interface of Asterisk")


def services_key(paths: SystemPaths) -> str:
    """What proves to the services that a call comes from our Asterisk, as `manager_secret`."""
    return _made_from(paths, b"services of Asterisk")


def _made_from(paths: SystemPaths, purpose: bytes) -> str:
    """No other machine knows that key; before the first `up` the system's secret stands in its place."""
    try:
        key = (paths.local_key if paths.local_key.exists() else paths.secret).read_bytes()
    except FileNotFoundError:
        return ""
    return hmac.digest(key, purpose, hashlib.sha256).hex()


def door(node: Node, user: str, paths: SystemPaths) -> Door | None:
    """Where the manager interface is, with the login of a user; None on a node without Asterisk."""
    return Door(node.gateway_address, node.gateway_port, user, manager_secret(paths)) if node.asterisk else None


def door_told(node: Node, user: str, paths: SystemPaths) -> tuple[str | int, ...]:
    """The same as daemons are told it: the values of a `Door`, or none."""
    found = door(node, user, paths)
    return astuple(found) if found else ()
