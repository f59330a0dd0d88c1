"""`carillon site`: places, how people dial there, and who they are for emergency services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.provisioning.sites import SiteView

app = commands("Places where people work. Every domain begins with the site `main`.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the site, such as brussels or main@example.org.")]
Country = Annotated[
    str | None, typer.Option(metavar="CC", help="Country, ISO 3166-1: how numbers are dialled there, such as BE.")
]
Prefix = Annotated[str | None, typer.Option(help="Digits for an outside line, such as 0; '' for none.")]
Emergency = Annotated[
    str | None,
    typer.Option("--emergency-caller", metavar="NUMBER", help="The number that emergency services see; '' clears it."),
]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    country: Country = None,
    prefix: Prefix = None,
    emergency_caller: Emergency = None,
) -> None:
    """Add a place.

    Example: `carillon site add liege --country BE --prefix 0 --emergency-caller +3242221111`
    """
    from carillon.provisioning import changes, sites

    cli = Cli.of(context)
    sequence = sites.add(cli.truth, cli.who, name, country, prefix or "", emergency_caller or "")
    _done(cli, "added", sites.show(cli.truth, str(changes.subject(cli.truth, sequence))), sequence)


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="Only the sites of this domain.")] = None,
) -> None:
    """List the sites.

    Example: `carillon site list`
    """
    from carillon.provisioning import sites

    cli = Cli.of(context)
    cli.show([_row(view) for view in sites.listing(cli.truth, domain)], "Sites")


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show a site.

    Example: `carillon site show main`
    """
    from carillon.provisioning import sites

    cli = Cli.of(context)
    cli.show(_row(sites.show(cli.truth, name)), "Site")


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    country: Country = None,
    prefix: Prefix = None,
    emergency_caller: Emergency = None,
) -> None:
    """Change a site.

    Example: `carillon site set main --prefix 0 --emergency-caller +3225551234`
    """
    from carillon.provisioning import sites

    if country is None and prefix is None and emergency_caller is None:
        raise typer.BadParameter("Nothing to change: give --country, --prefix or --emergency-caller.")
    cli = Cli.of(context)
    sequence = sites.set(cli.truth, cli.who, name, country, prefix, emergency_caller)
    _done(cli, "changed", sites.show(cli.truth, name), sequence)


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove a site where nobody works.

    Example: `carillon site remove liege`
    """
    from carillon.provisioning import sites

    cli = Cli.of(context)
    removed = sites.show(cli.truth, name)
    sequence = sites.remove(cli.truth, cli.who, f"{removed.site.name}@{removed.site.domain}")
    _done(cli, "removed", removed, sequence)


def _done(cli: Cli, done: str, view: SiteView, sequence: int) -> None:
    cli.done(f"Site {view.site.name}@{view.site.domain} {done}.", _row(view), sequence)


def _row(view: SiteView) -> dict[str, object]:
    return {
        "name": view.site.name,
        "domain": view.site.domain,
        "country": view.site.country,
        "prefix": view.site.outside_prefix,
        "emergency_caller": view.site.emergency_caller,
        "users": view.users,
        "trunks": list(view.trunks),
    }
