"""The demo: four people with a phone each and a way outside, to try calls within a minute of the set-up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from sqlalchemy import Engine

from carillon.model.device import Device
from carillon.model.node import Node
from carillon.provisioning import changes, devices, numbers, outbounds, trunks, users
from carillon.provisioning.system import administrator, create_system, load_node, open_truth
from carillon.provisioning.trunkkey import TrunkKey
from carillon.provisioning.trunks import TrunkFields
from carillon.stores.secretfiles import keep_demo_key
from carillon.supervision.demoprovider.configuration import ADDRESS as PROVIDER_ADDRESS
from carillon.supervision.demoprovider.configuration import PORT
from carillon.system.paths import SystemPaths

DOMAIN = "carillon.test"
ADDRESS = "127.0.0.1"
PEOPLE = {"101": "Alice Martin", "102": "Bob Dupont", "103": "Carol Peeters", "104": "Dave Janssens"}
TRUNK = "provider"
MAIN_NUMBER = "+3225550100"
NUMBERS = {extension: f"+3225550{extension}" for extension in PEOPLE}
"""The direct number of each person."""

Credentials = dict[str, object]


def ensure_demo(paths: SystemPaths) -> None:
    """Make the demo system in `paths` when there is none; one of an older version gets its way outside."""
    if not paths.exists:
        create_system(paths.directory, DOMAIN, ADDRESS)
        keep_demo_key(paths)
        truth, who = open_truth(paths), administrator()
        for extension, name in PEOPLE.items():
            users.add(truth, who, extension, name)
            devices.add(truth, who, extension, extension, _password(paths, extension))
    keep_demo_key(paths)
    if not changes.listing(open_truth(paths), 1, "trunk"):  # else somebody has had his own way with it
        _ensure_way_outside(paths)


def _ensure_way_outside(paths: SystemPaths) -> None:
    """A trunk to the demo's provider, for all numbers, and a number for each person who is still there."""
    truth, who = open_truth(paths), administrator()
    fields = TrunkFields(f"{PROVIDER_ADDRESS}:{PORT}", main_number=MAIN_NUMBER)
    trunks.add(truth, who, TrunkKey.of(paths), TRUNK, fields)
    outbounds.add(truth, who, "", TRUNK)
    present, taken = ({each.extension for each in users.listing(truth, DOMAIN)}, _taken(truth))
    for extension, number in NUMBERS.items():
        if extension in present and number not in taken:
            numbers.add(truth, who, number, extension)
            users.set(truth, who, extension, caller_number=number)


def _taken(truth: Engine) -> set[str]:
    return {each.number.number for each in numbers.listing(truth)}


def _trunk(paths: SystemPaths) -> Credentials | None:
    """Where outside calls go, and the numbers that reach people; None when the demo's trunk is gone."""
    truth = open_truth(paths)
    trunk = next((view.trunk for view in trunks.listing(truth, DOMAIN) if view.trunk.name == TRUNK), None)
    if trunk is None:
        return None
    reach = sorted(number for number in _taken(truth) if number.startswith("+"))
    return {"name": trunk.name, "address": trunk.address, "numbers": reach}


def credentials(paths: SystemPaths) -> Credentials:
    """How to register the demo's phones. Who got another password or phone since then isn't in it."""
    node = load_node(paths)
    known = {(one.domain, one.name): one for one in devices.listing(open_truth(paths))}
    people = [
        {"extension": extension, "name": name, "user": extension, "password": _password(paths, extension)}
        for extension, name in PEOPLE.items()
        if _still_fits(paths, known.get((DOMAIN, extension)), extension)
    ]
    found: Credentials = {"domain": node.default_domain, "sip": _addresses(node), "people": people}
    trunk = _trunk(paths)
    return {**found, "trunk": trunk} if trunk else found


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
        f"[bold]Call outside[/]: dial 02 555 12 34 and hear yourself; 02 555 99 99 refuses, and calls back.\n"
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
    """Made once, from the secret that the system had then: nothing but credentials.json ever holds it."""
    digest = hmac.digest(paths.demo_key.read_bytes(), f"demo password of {user}".encode(), hashlib.sha256)
    return base64.b32encode(digest).decode().lower()[:20]


def _still_fits(paths: SystemPaths, device: Device | None, user: str) -> bool:
    if device is None:
        return False
    fresh = Device.with_password(device.domain, device.name, device.extension, _password(paths, user))
    return hmac.compare_digest(fresh.ha1_sha256, device.ha1_sha256)
