"""`carillon ring`: with which ring a call rings, by where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import YesNo, chosen, wishes
from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.ring import Ring

app = commands("Rings: how phones are told whether a call is internal, external, for a group, and so on.")

Origin = Annotated[
    str, typer.Argument(metavar="ORIGIN", help="internal, external, group, forwarded or recall; also external@DOMAIN.")
]


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="The rings of this domain; the default one when left out.")] = None,
) -> None:
    """List the rings of a domain.

    Example: `carillon ring list`
    """
    from carillon.provisioning import rings

    cli = Cli.of(context)
    cli.show([_row(one) for one in rings.listing(cli.truth, domain)], "Rings")


@app.command()
def show(context: typer.Context, origin: Origin) -> None:
    """Show what each maker's phones are told, as Alert-Info.

    Example: `carillon ring show external`
    """
    from carillon.model.dialect import DIALECTS, OTHER
    from carillon.model.ring import alert_info
    from carillon.provisioning import rings

    cli = Cli.of(context)
    ring = rings.show(cli.truth, origin)
    told = [
        {"phones": dialect.name, "alert_info": alert_info(dialect, ring.text, ring.bellcore, ring.urn)}
        for dialect in (*DIALECTS, OTHER)
    ]
    cli.show(told, f"Ring of {ring.origin} calls{'' if ring.enabled else ' (off)'}")


@app.command("set")
def set_(
    context: typer.Context,
    origin: Origin,
    text: Annotated[
        str | None, typer.Option(help="Word for phones that want one; the phone's settings say how it sounds.")
    ] = None,
    bellcore: Annotated[int | None, typer.Option(metavar="1..10", help="Cadence for phones that want one.")] = None,
    urn: Annotated[str | None, typer.Option(help="URN of RFC 7462, for all other phones.")] = None,
    enabled: Annotated[YesNo | None, typer.Option(help="Whether phones are told at all.")] = None,
) -> None:
    """Change a ring of a domain.

    Example: `carillon ring set external --text Outside --bellcore 4`
    """
    from carillon.provisioning import rings

    changes = wishes(text=text, bellcore=bellcore, urn=urn, enabled=chosen(enabled))
    cli = Cli.of(context)
    sequence = rings.set(cli.truth, cli.who, origin, changes)
    _done(cli, "changed", rings.show(cli.truth, origin), sequence)


@app.command()
def remove(context: typer.Context, origin: Origin) -> None:
    """Go back to the default ring.

    Example: `carillon ring remove external`
    """
    from carillon.provisioning import rings

    cli = Cli.of(context)
    sequence = rings.remove(cli.truth, cli.who, origin)
    _done(cli, "set back", rings.show(cli.truth, origin), sequence)


def _done(cli: Cli, done: str, ring: Ring, sequence: int) -> None:
    cli.done(f"Ring of {ring.origin} calls in {ring.domain} {done}.", _row(ring), sequence)


def _row(ring: Ring) -> dict[str, object]:
    return {
        "origin": str(ring.origin),
        "domain": ring.domain,
        "enabled": ring.enabled,
        "text": ring.text,
        "bellcore": ring.bellcore,
        "urn": ring.urn,
    }
