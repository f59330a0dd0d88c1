"""`carillon panel`: colleagues whom a phone with many lamps watches by one address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import listed
from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.panel import Panel

app = commands("Panels: colleagues whom a phone with many lamps watches by one address (BLF list).")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the panel, such as desk or desk@example.org.")]
MEMBERS = "Extensions, group:NAME and numbers of groups in the order of the keys, such as 101,group:sales,200."


@app.command()
def add(
    context: typer.Context, name: Name, members: Annotated[str, typer.Option(metavar="WHO,WHO", help=MEMBERS)] = ""
) -> None:
    """Make a panel; its address, NAME@DOMAIN, goes into the phone as the URI of its BLF list.

    Example: `carillon panel add desk --members 101,102,group:sales`
    """
    from carillon.provisioning import changes, panels

    cli = Cli.of(context)
    sequence = panels.add(cli.truth, cli.who, name, listed(members))
    _done(cli, "added", *panels.show(cli.truth, str(changes.subject(cli.truth, sequence))), sequence)


@app.command("list")
def list_(
    context: typer.Context, domain: Annotated[str | None, typer.Option(help="Only the panels of this domain.")] = None
) -> None:
    """List the panels.

    Example: `carillon panel list`
    """
    from carillon.provisioning import panels

    cli = Cli.of(context)
    cli.show([_row(each) for each in panels.listing(cli.truth, domain)], "Panels")


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show a panel, and everybody on it.

    Example: `carillon panel show desk`
    """
    from carillon.provisioning import panels

    cli = Cli.of(context)
    panel, people = panels.show(cli.truth, name)
    cli.show({**_row(panel), "people": list(people)}, "Panel")


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    members: Annotated[
        str | None, typer.Option(metavar="WHO,WHO", help=f"{MEMBERS} They replace the old ones.")
    ] = None,
    add: Annotated[str | None, typer.Option(metavar="WHO,WHO", help="Members to add at the end.")] = None,
    remove: Annotated[str | None, typer.Option(metavar="WHO,WHO", help="Members to take off.")] = None,
) -> None:
    """Change who is on a panel. Phones that watch it are told at once.

    Example: `carillon panel set desk --add 103 --remove group:sales`
    """
    from carillon.provisioning import panels

    if all(given is None for given in (members, add, remove)):
        raise typer.BadParameter("Nothing to change: give --members, --add or --remove.")
    cli = Cli.of(context)
    wanted = None if members is None else listed(members)
    sequence = panels.set(cli.truth, cli.who, name, wanted, listed(add), listed(remove))
    _done(cli, "changed", *panels.show(cli.truth, name), sequence)


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove a panel; phones that watch it show nobody any more.

    Example: `carillon panel remove desk`
    """
    from carillon.provisioning import panels

    cli = Cli.of(context)
    removed, people = panels.show(cli.truth, name)
    _done(cli, "removed", removed, people, panels.remove(cli.truth, cli.who, removed.address))


def _done(cli: Cli, done: str, panel: Panel, people: tuple[str, ...], sequence: int) -> None:
    cli.done(f"Panel {panel.address} ({', '.join(people) or 'nobody'}) {done}.", _row(panel), sequence)


def _row(panel: Panel) -> dict[str, object]:
    return {"name": panel.name, "domain": panel.domain, "members": list(panel.members), "address": panel.address}
