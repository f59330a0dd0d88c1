"""`carillon group`: groups of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import listed
from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.group import Group

app = commands("Groups of people, in an order.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the group, such as sales or sales@example.org.")]
MEMBERS = "Extensions in their order, such as 101,102."


@app.command()
def add(
    context: typer.Context,
    name: Name,
    members: Annotated[str, typer.Option(metavar="EXT,EXT", help=MEMBERS)] = "",
) -> None:
    """Make a group.

    Example: `carillon group add sales --members 101,102`
    """
    from carillon.provisioning import changes, groups

    cli = Cli.of(context)
    sequence = groups.add(cli.truth, cli.who, name, listed(members))
    _done(cli, "added", groups.show(cli.truth, str(changes.subject(cli.truth, sequence))), sequence)


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="Only the groups of this domain.")] = None,
) -> None:
    """List the groups.

    Example: `carillon group list`
    """
    from carillon.provisioning import groups

    cli = Cli.of(context)
    cli.show([_row(group) for group in groups.listing(cli.truth, domain)], "Groups")


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show a group.

    Example: `carillon group show sales`
    """
    from carillon.provisioning import groups

    cli = Cli.of(context)
    cli.show(_row(groups.show(cli.truth, name)), "Group")


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    members: Annotated[
        str | None, typer.Option(metavar="EXT,EXT", help=f"{MEMBERS} They replace the old ones.")
    ] = None,
    add: Annotated[str | None, typer.Option(metavar="EXT,EXT", help="Extensions to add at the end.")] = None,
    remove: Annotated[str | None, typer.Option(metavar="EXT,EXT", help="Extensions to take out.")] = None,
) -> None:
    """Change who is in a group.

    Example: `carillon group set sales --add 103 --remove 101`
    """
    from carillon.provisioning import groups

    if members is None and add is None and remove is None:
        raise typer.BadParameter("Nothing to change: give --members, --add or --remove.")
    cli = Cli.of(context)
    wanted = None if members is None else listed(members)
    sequence = groups.set(cli.truth, cli.who, name, wanted, listed(add), listed(remove))
    _done(cli, "changed", groups.show(cli.truth, name), sequence)


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove a group; its people stay.

    Example: `carillon group remove sales`
    """
    from carillon.provisioning import groups

    cli = Cli.of(context)
    removed = groups.show(cli.truth, name)
    sequence = groups.remove(cli.truth, cli.who, f"{removed.name}@{removed.domain}")
    _done(cli, "removed", removed, sequence)


def _done(cli: Cli, done: str, group: Group, sequence: int) -> None:
    members = f" ({', '.join(group.members)})" if group.members else ""
    cli.done(f"Group {group.name}@{group.domain}{members} {done}.", _row(group), sequence)


def _row(group: Group) -> dict[str, object]:
    return {"name": group.name, "domain": group.domain, "members": list(group.members)}
