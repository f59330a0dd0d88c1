"""`carillon ban`: who is turned away for guessing passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.supervision.banned import Banned

app = commands("Addresses, and accounts from an address, that are turned away for guessing.")

What = Annotated[str, typer.Argument(metavar="ADDRESS[/ACCOUNT]", help="As `ban list` writes them.")]


@app.command(name="list")
def list_(context: typer.Context) -> None:
    """List the bans in force.

    Example: `carillon ban list`
    """
    from carillon.supervision.banned import banned

    cli = Cli.of(context)
    cli.show([_row(ban) for ban in banned(cli.paths)], "Bans")


@app.command()
def remove(context: typer.Context, what: What) -> None:
    """Take back all bans of an address, or that of one account from it.

    Example: `carillon ban remove 198.51.100.7/101@example.org`
    """
    from carillon.supervision.banned import lift

    cli = Cli.of(context)
    address, _, account = what.partition("/")
    lifted = lift(cli.paths, address, account or None)
    if cli.json:
        cli.show([_row(ban) for ban in lifted], "")
    else:
        typer.echo(f"{what} is no longer banned.")


def _row(ban: Banned) -> dict[str, object]:
    return {"address": ban.address, "account": ban.account, "left_s": ban.left_s}
