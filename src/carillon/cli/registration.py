"""`carillon registration`: which phones are registered, and where; and ending that."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands
from carillon.model.refused import Refused

if TYPE_CHECKING:
    from carillon.model.node import Node
    from carillon.stores.registrations import Registration

app = commands("Phones that are registered, and where they are reached.")

Extension = Annotated[str | None, typer.Argument(metavar="EXT", help="Only this person's; all when left out.")]

What = Annotated[list[str], typer.Argument(metavar="EXT|CONTACT...", help="A person, or a contact.")]


@app.command(name="list")
def list_(context: typer.Context, extension: Extension = None) -> None:
    """List the registrations, one row a contact.

    Example: `carillon registration list 101`
    """
    from carillon.provisioning import users
    from carillon.provisioning.system import load_node
    from carillon.supervision.registered import registered

    cli = Cli.of(context)
    aor = None
    if extension is not None:
        user = users.show(cli.truth, extension).user
        aor = (user.extension, user.domain)
    cli.show(_rows(cli, registered(cli.paths, aor), load_node(cli.paths)), "Registrations")


@app.command()
def remove(context: typer.Context, what: What) -> None:
    """Remove registrations: all of a person, or single contacts as `registration list` writes them.

    Example: `carillon registration remove 101`
    """
    from carillon.provisioning.system import load_node
    from carillon.supervision.unregister import unregister

    cli = Cli.of(context)
    chosen = [each for one in what for each in _chosen(cli, one)]
    rows = _rows(cli, chosen, load_node(cli.paths))
    unregister(cli.paths, chosen)
    if cli.json:
        cli.show(rows, "")
        return
    for each in chosen:
        typer.echo(f"{each.contact} of {each.extension}@{each.domain} is no longer registered.")
    typer.echo("In force now. A phone that is still on registers again by itself; `carillon device remove` ends that.")


def _chosen(cli: Cli, what: str) -> list[Registration]:
    """The registrations that are meant. Raises `Refused` when there is none."""
    from carillon.provisioning import users
    from carillon.supervision.registered import registered

    if what.lower().startswith(("sip:", "sips:")):
        found = [each for each in registered(cli.paths) if each.contact == what]
    else:
        user = users.show(cli.truth, what).user
        found = registered(cli.paths, (user.extension, user.domain))
    if not found:
        raise Refused("registration", f"{what} is not registered; see `carillon registration list`.")
    return found


def _device(cli: Cli, registration: Registration) -> str | None:
    """The device, as far as the binding tells: the contact's user, or the only device of the user."""
    from carillon.provisioning import devices

    names = [each.name for each in devices.listing(cli.truth, f"{registration.extension}@{registration.domain}")]
    user = registration.contact.partition(":")[2].partition("@")[0]
    return user if user in names else names[0] if len(names) == 1 else None


def _rows(cli: Cli, found: list[Registration], node: Node) -> list[dict[str, object]]:
    now = time.time()
    rows = [_row(each, _device(cli, each), node, now) for each in found]
    return sorted(rows, key=lambda row: (str(row["extension"]), str(row["contact"])))


def _row(each: Registration, device: str | None, node: Node, now: float) -> dict[str, object]:
    at_home = each.domain == node.default_domain
    return {
        "extension": each.extension if at_home else f"{each.extension}@{each.domain}",
        "device": device,
        "contact": each.contact,
        "address": each.address,
        "transport": each.transport,
        "connected": each.connected,
        "user_agent": each.user_agent,
        "q": each.q,
        "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(each.since)),
        "expires_s": round(each.expires - now),
        "node": node.name,
    }
