"""The demo: four people with a phone each, to try calls within a minute of the set-up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os

from rich.console import Group
from rich.panel import Panel
from rich.table import Table

from carillon.model.device import Device
from carillon.model.node import Node
from carillon.provisioning import devices, users
from carillon.provisioning.system import administrator, create_system, load_node, open_truth
from carillon.system.paths import SystemPaths

DOMAIN = "carillon.test"
ADDRESS = "127.0.0.1"
PEOPLE = {"101": "Alice Martin", "102": "Bob Dupont", "103": "Carol Peeters", "104": "Dave Janssens"}

Credentials = dict[str, object]


def ensure_demo(paths: SystemPaths) -> None:
    """Make the demo system in `paths` when there is none."""
    if paths.truth.exists():
        return
    create_system(paths.directory, DOMAIN, ADDRESS)
    truth, who = open_truth(paths), administrator()
    for extension, name in PEOPLE.items():
        users.add(truth, who, extension, name)
        devices.add(truth, who, extension, extension, _password(paths, extension))


def credentials(paths: SystemPaths) -> Credentials:
    """How to register the demo's phones. Who got another password or phone since then isn't in it."""
    node = load_node(paths)
    known = {(one.domain, one.name): one for one in devices.listing(open_truth(paths))}
    people = [
        {"extension": extension, "name": name, "user": extension, "password": _password(paths, extension)}
        for extension, name in PEOPLE.items()
        if _still_fits(paths, known.get((DOMAIN, extension)), extension)
    ]
    return {"domain": node.default_domain, "sip": _addresses(node), "people": people}


def write_credentials(paths: SystemPaths, of: Credentials) -> None:
    """Write credentials.json, mode 0600, by rename: who sees it sees all of it."""
    fresh = paths.credentials.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(of, file, ensure_ascii=False, indent=2)
    fresh.replace(paths.credentials)


def welcome(paths: SystemPaths, of: Credentials, command: str) -> Panel:
    """What a person needs to make the first call. `command` is how he types our command line."""
    node = load_node(paths)
    addresses = _addresses(node)
    facts = Table.grid(padding=(0, 2))
    for transport, address in addresses.items():
        facts.add_row(f"SIP over {transport.upper()}", address)
    facts.add_row("media (RTP)", f"{node.address}:{node.rtp_start}-{node.rtp_end}")
    facts.add_row("domain", node.default_domain)
    people = Table("extension", "name", "user", "password", box=None, pad_edge=False, header_style="bold")
    listed = of["people"]
    assert isinstance(listed, list)
    for person in listed:
        people.add_row(person["extension"], person["name"], person["user"], person["password"])
    return Panel(
        Group(facts, "", people, "", _how_to(addresses["udp"], command, paths)),
        title="Carillon is running",
        expand=False,
    )


def _how_to(proxy: str, command: str, paths: SystemPaths) -> str:
    return (
        f"[bold]Register a phone[/]: user and password from above, domain {DOMAIN}\n"
        f"(also called server or registrar), outbound proxy {proxy}; then dial 102.\n"
        f"[bold]See what happens[/]: {command} status\n"
        f"                  {command} registration list\n"
        f"                  {command} explain call --from 101 --to 102\n"
        f"                  {command} log --follow\n"
        f"While it runs, the passwords are in {os.path.relpath(paths.credentials)} too.\n"
        f"[bold]Stop[/]: Ctrl-C here, or `make stop` elsewhere."
    )


def _addresses(node: Node) -> dict[str, str]:
    host = f"[{node.address}]" if ":" in node.address else node.address
    ports = {"udp": node.sip_port, "tcp": node.sip_port, "tls": node.tls_port}
    return {transport: f"{host}:{port}" for transport, port in ports.items()}


def _password(paths: SystemPaths, user: str) -> str:
    """Made once, from the system's secret: nothing but credentials.json ever holds it."""
    digest = hmac.digest(paths.secret.read_bytes(), f"demo password of {user}".encode(), hashlib.sha256)
    return base64.b32encode(digest).decode().lower()[:20]


def _still_fits(paths: SystemPaths, device: Device | None, user: str) -> bool:
    if device is None:
        return False
    fresh = Device.with_password(device.domain, device.name, device.extension, _password(paths, user))
    return hmac.compare_digest(fresh.ha1_sha256, device.ha1_sha256)
