"""`carillon registration`: which phones are registered, and where; and ending that."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands
from carillon.cli.person import person
from carillon.model.refused import Refused
from carillon.sip.uri import SipUri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carillon.model.node import Node
    from carillon.stores.phonesknown import Person
    from carillon.stores.registrations import Registration

app = commands("Phones that are registered, and where they are reached.")

Extension = Annotated[str | None, typer.Argument(metavar="EXT", help="Only this person's; all when left out.")]

Nodes = tuple["Node", tuple["Node", ...]]

What = Annotated[list[str], typer.Argument(metavar="EXT|CONTACT...", help="A person, or a contact.")]


@app.command(name="list")
def list_(context: typer.Context, extension: Extension = None) -> None:
    """List the registrations, one row a contact.

    Example: `carillon registration list 101`
    """
    from carillon.provisioning.system import load_nodes
    from carillon.supervision.registered import registered

    cli = Cli.of(context)
    aor = None if extension is None else person(cli, extension)
    cli.show(_rows(cli, registered(cli.paths, aor), load_nodes(cli.paths)), "Registrations")


@app.command()
def remove(context: typer.Context, what: What) -> None:
    """Remove registrations: all of a person, or single contacts as `registration list` writes them.

    Example: `carillon registration remove 101`
    """
    from carillon.provisioning.system import load_nodes
    from carillon.supervision.unregister import unregister

    cli = Cli.of(context)
    chosen = [each for one in what for each in _chosen(cli, one)]
    rows = _rows(cli, chosen, load_nodes(cli.paths))
    _require_home(rows, load_nodes(cli.paths)[0])
    unregister(cli.paths, chosen)
    if cli.json:
        cli.show(rows, "")
        return
    for each in chosen:
        typer.echo(f"{each.contact} of {each.extension}@{each.domain} is no longer registered.")
    typer.echo("In force now. A phone that is still on registers again by itself; `carillon device remove` ends that.")


def _chosen(cli: Cli, what: str) -> list[Registration]:
    """The registrations that are meant. Raises `Refused` when there is none."""
    from carillon.supervision.registered import registered

    if what.lower().startswith(("sip:", "sips:")):
        found = [each for each in registered(cli.paths) if each.contact == what]
    else:
        found = registered(cli.paths, person(cli, what))
    if not found:
        raise Refused("registration", f"{what} is not registered; see `carillon registration list`.")
    return found


def _devices(cli: Cli) -> Mapping[Person, tuple[str, ...]]:
    """The names of people's devices: as calls know them, or as the truth does where the system doesn't run."""
    from carillon.provisioning import devices
    from carillon.stores.phonesknown import devices_of

    if cli.paths.run_directory.exists():
        return devices_of(cli.paths.run_directory)
    found: dict[Person, tuple[str, ...]] = {}
    for each in devices.listing(cli.truth):
        found[each.extension, each.domain] = (*found.get((each.extension, each.domain), ()), each.name)
    return found


def _device(names: tuple[str, ...], registration: Registration) -> str | None:
    """The device, as far as the binding tells: the contact's user, or the only device of the user."""
    user = registration.contact.partition(":")[2].partition("@")[0]
    return user if user in names else names[0] if len(names) == 1 else None


def _require_home(rows: list[dict[str, object]], own: Node) -> None:
    """Raise `Refused` when one of them has its home elsewhere: only its home removes it for good."""
    for row in rows:
        if row["node"] != own.name:
            raise Refused("registration", f"{row['contact']} has its home on {row['node']}; remove it there.")


def _rows(cli: Cli, found: list[Registration], nodes: Nodes) -> list[dict[str, object]]:
    from carillon.confgen.kamailio import home_uri

    devices = _devices(cli)
    now, (own, siblings) = time.time(), nodes
    homes = {home_uri(sibling): sibling for sibling in siblings}
    rows = [
        _row(each, _device(devices.get((each.extension, each.domain), ()), each), homes.get(each.leads_to), own, now)
        for each in found
    ]
    return sorted(rows, key=lambda row: (str(row["extension"]), str(row["contact"])))


def _row(each: Registration, device: str | None, home: Node | None, node: Node, now: float) -> dict[str, object]:
    """`home` is the sibling that has its connection, which alone knows how that is; None: this node."""
    at_home = each.domain == node.default_domain
    contact = SipUri.parse(each.contact) if home else None
    told = each.contact.lower().partition(";transport=")[2].partition(";")[0]
    transport = told or "udp" if contact else each.transport
    return {
        "extension": each.extension if at_home else f"{each.extension}@{each.domain}",
        "device": device,
        "contact": each.contact,
        "address": f"{contact.host}:{contact.port or 5060}" if contact else each.address,
        "transport": transport,
        "connected": None if home else each.connected,
        "user_agent": each.user_agent,
        "q": each.q,
        "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(each.since)),
        "expires_s": round(each.expires - now),
        "node": (home or node).name,
    }
