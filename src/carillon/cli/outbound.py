"""`carillon outbound`: which trunk carries which outside numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.outbound import OutboundRoute

app = commands("Outside numbers and the trunks that carry them. Longer prefixes first, then lower positions.")

Prefix = Annotated[
    str, typer.Argument(metavar="PREFIX", help="Beginning of E.164 numbers, such as +32; '' or + for all of them.")
]
OneTrunk = Annotated[str | None, typer.Option(metavar="NAME", help="The one by this trunk.")]
OneSite = Annotated[str | None, typer.Option(metavar="SITE", help="The one of this site; '' for everybody's.")]
Position = Annotated[int, typer.Option(help="Lower is tried first; equal ones by the priority of their trunks.")]


@app.command()
def add(
    context: typer.Context,
    prefix: Prefix,
    trunk: Annotated[str, typer.Option(metavar="NAME", help="Trunk that carries them.")],
    site: Annotated[str | None, typer.Option(metavar="SITE", help="Only for people of this site.")] = None,
    position: Position = 1,
) -> None:
    """Let numbers go out by a trunk.

    Example: `carillon outbound add +32 --trunk provider`
    """
    from carillon.provisioning import outbounds

    cli = Cli.of(context)
    sequence = outbounds.add(cli.truth, cli.who, prefix, trunk, site, position)
    _done(cli, "added", outbounds.show(cli.truth, prefix, trunk, site or outbounds.EVERYBODY), sequence)


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="Only the routes of this domain.")] = None,
    trunk: Annotated[str | None, typer.Option(metavar="NAME", help="Only the routes by this trunk.")] = None,
) -> None:
    """List the routes in the order in which they are tried.

    Example: `carillon outbound list`
    """
    from carillon.provisioning import outbounds

    cli = Cli.of(context)
    cli.show([_row(route) for route in outbounds.listing(cli.truth, domain, trunk)], "Outbound routes")


@app.command()
def show(context: typer.Context, prefix: Prefix, trunk: OneTrunk = None, site: OneSite = None) -> None:
    """Show the route of a prefix.

    Example: `carillon outbound show +32`
    """
    from carillon.provisioning import outbounds

    cli = Cli.of(context)
    cli.show(_row(outbounds.show(cli.truth, prefix, trunk, site)), "Outbound route")


@app.command("set")
def set_(
    context: typer.Context, prefix: Prefix, position: Position, trunk: OneTrunk = None, site: OneSite = None
) -> None:
    """Change the position of a route.

    Example: `carillon outbound set +32 --position 2`
    """
    from carillon.provisioning import outbounds

    cli = Cli.of(context)
    sequence = outbounds.set(cli.truth, cli.who, prefix, position, trunk, site)
    _done(cli, "changed", outbounds.show(cli.truth, prefix, trunk, site), sequence)


@app.command()
def remove(context: typer.Context, prefix: Prefix, trunk: OneTrunk = None, site: OneSite = None) -> None:
    """Remove a route.

    Example: `carillon outbound remove +32`
    """
    from carillon.provisioning import outbounds

    cli = Cli.of(context)
    removed = outbounds.show(cli.truth, prefix, trunk, site)
    sequence = outbounds.remove(cli.truth, cli.who, prefix, trunk, site)
    _done(cli, "removed", removed, sequence)


def _done(cli: Cli, done: str, route: OutboundRoute, sequence: int) -> None:
    whose = f" for the site {route.site}" if route.site else ""
    cli.done(f"Outbound route of {route.domain} for {route.key}{whose} {done}.", _row(route), sequence)


def _row(route: OutboundRoute) -> dict[str, object]:
    return {
        "prefix": route.prefix,
        "trunk": route.trunk,
        "domain": route.domain,
        "site": route.site,
        "position": route.position,
    }
