"""`carillon callerlist`: callers for whom a forwarding row is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import listed
from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.callerlist import CallerList

app = commands("Lists of callers, for forwarding rows that are for some only.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the list, such as family.")]
CALLERS = "Extensions, numbers such as +32475123456, beginnings such as +3247*, or anonymous."


@app.command()
def add(
    context: typer.Context,
    name: Name,
    callers: Annotated[str, typer.Option(metavar="CALLER,CALLER", help=CALLERS)],
) -> None:
    """Make a list.

    Example: `carillon callerlist add family --callers 101,+32475123456`
    """
    from carillon.provisioning import callerlists, changes

    cli = Cli.of(context)
    sequence = callerlists.add(cli.truth, cli.who, name, listed(callers))
    _done(cli, "added", callerlists.show(cli.truth, str(changes.subject(cli.truth, sequence))), sequence)


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="Only the lists of this domain.")] = None,
) -> None:
    """List the caller lists.

    Example: `carillon callerlist list`
    """
    from carillon.provisioning import callerlists

    cli = Cli.of(context)
    cli.show([_row(one) for one in callerlists.listing(cli.truth, domain)], "Caller lists")


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show a list.

    Example: `carillon callerlist show family`
    """
    from carillon.provisioning import callerlists

    cli = Cli.of(context)
    cli.show(_row(callerlists.show(cli.truth, name)), "Caller list")


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    add: Annotated[str | None, typer.Option(metavar="CALLER,CALLER", help=CALLERS)] = None,
    remove: Annotated[str | None, typer.Option(metavar="CALLER,CALLER", help="Callers to take out.")] = None,
) -> None:
    """Change who is in a list.

    Example: `carillon callerlist set family --add +32475123456`
    """
    from carillon.provisioning import callerlists

    if add is None and remove is None:
        raise typer.BadParameter("Nothing to change: give --add or --remove.")
    cli = Cli.of(context)
    sequence = callerlists.set(cli.truth, cli.who, name, listed(add), listed(remove))
    _done(cli, "changed", callerlists.show(cli.truth, name), sequence)


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove a list that no forwarding row asks.

    Example: `carillon callerlist remove family`
    """
    from carillon.provisioning import callerlists

    cli = Cli.of(context)
    removed = callerlists.show(cli.truth, name)
    sequence = callerlists.remove(cli.truth, cli.who, f"{removed.name}@{removed.domain}")
    _done(cli, "removed", removed, sequence)


def _done(cli: Cli, done: str, of: CallerList, sequence: int) -> None:
    cli.done(f"Caller list {of.name}@{of.domain} ({', '.join(of.callers)}) {done}.", _row(of), sequence)


def _row(of: CallerList) -> dict[str, object]:
    return {"name": of.name, "domain": of.domain, "callers": list(of.callers)}
