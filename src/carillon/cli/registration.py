"""`carillon registration`: which phones are registered, and where."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.node import Node
    from carillon.stores.registrations import Registration

app = commands("Phones that are registered, and where they are reached.")

Extension = Annotated[str | None, typer.Argument(metavar="EXT", help="Only this person's; all when left out.")]


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
    now, node = time.time(), load_node(cli.paths)
    rows = [_row(each, _device(cli, each), node, now) for each in registered(cli.paths, aor)]
    cli.show(sorted(rows, key=lambda row: (row["extension"], row["contact"])), "Registrations")


def _device(cli: Cli, registration: Registration) -> str | None:
    """The device, as far as the binding tells: the contact's user, or the only device of the user."""
    from carillon.provisioning import devices

    names = [each.name for each in devices.listing(cli.truth, f"{registration.extension}@{registration.domain}")]
    user = registration.contact.partition(":")[2].partition("@")[0]
    return user if user in names else names[0] if len(names) == 1 else None


def _row(each: Registration, device: str | None, node: Node, now: float) -> dict[str, object]:
    at_home = each.domain == node.default_domain
    return {
        "extension": each.extension if at_home else f"{each.extension}@{each.domain}",
        "device": device,
        "contact": each.contact,
        "address": each.address,
        "transport": each.transport,
        "user_agent": each.user_agent,
        "q": each.q,
        "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(each.since)),
        "expires_s": round(each.expires - now),
        "node": node.name,
    }
