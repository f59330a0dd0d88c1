"""`carillon presence rule`: whom people let watch, what is shown of them, and whether a call makes them busy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import YesNo, chosen, listed
from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.presence.privacy import RuleRow

app = commands("Whom people let watch, what watchers are shown, and whether a call makes somebody busy.")

Extension = Annotated[str | None, typer.Argument(metavar="[EXT]", help="A person; a whole domain without it.")]
Domain = Annotated[str | None, typer.Option(help="Everybody of this domain who set nothing else; the default one.")]


@app.command("set")
def set_(
    context: typer.Context,
    extension: Extension = None,
    domain: Domain = None,
    watchers: Annotated[
        str | None,
        typer.Option(metavar="WHO", help="everybody, nobody; or some of groups (his own), group:NAME, 101,103."),
    ] = None,
    note: Annotated[YesNo | None, typer.Option(help="Whether watchers read the note.")] = None,
    callers: Annotated[
        YesNo | None, typer.Option(help="Whether lamps show who calls, or only that he is busy.")
    ] = None,
    busy_in_call: Annotated[YesNo | None, typer.Option(help="Whether a call alone makes him busy.")] = None,
) -> None:
    """Set whom a person, or everybody of a domain, lets watch. It is so for who watches now, too.

    Example: `carillon presence rule set 102 --watchers groups,103 --callers no`
    """
    from carillon.provisioning import presencerules

    if all(each is None for each in (watchers, note, callers, busy_in_call)):
        raise typer.BadParameter("Nothing to change: give --watchers, --note, --callers or --busy-in-call.")
    cli = Cli.of(context)
    who = None if watchers is None else listed(watchers)
    fields = (chosen(busy_in_call), who, chosen(note), chosen(callers))
    sequence = presencerules.set(cli.truth, cli.who, extension, domain, *fields)
    own, common = presencerules.show(cli.truth, extension, domain)
    cli.done(f"The rule for {_whom(own)} is changed.", _row(own, common), sequence)


@app.command()
def clear(context: typer.Context, extension: Extension = None, domain: Domain = None) -> None:
    """Let it be as the domain has it again; for a domain, as at first.

    Example: `carillon presence rule clear 102`
    """
    from carillon.provisioning import presencerules

    cli = Cli.of(context)
    sequence = presencerules.clear(cli.truth, cli.who, extension, domain)
    own, common = presencerules.show(cli.truth, extension, domain)
    cli.done(f"The rule for {_whom(own)} is as usual.", _row(own, common), sequence)


@app.command()
def show(context: typer.Context, extension: Extension = None, domain: Domain = None) -> None:
    """Show the rule that counts for a person, or for everybody of a domain who set nothing else.

    Example: `carillon presence rule show 102`
    """
    from carillon.provisioning import presencerules

    cli = Cli.of(context)
    cli.show(_row(*presencerules.show(cli.truth, extension, domain)), "Rule")


def _whom(of: RuleRow) -> str:
    return f"{of.extension}@{of.domain}" if of.extension else f"everybody of {of.domain}"


def _row(own: RuleRow, common: RuleRow) -> dict[str, object]:
    """What counts, and what of it is the person's own."""
    counts: dict[str, object] = {"watchers": "everybody", "note": True, "callers": True, "busy_in_call": True}
    for row in (common, own):
        counts |= {name: value for name in counts if (value := getattr(row, name)) is not None}
    mine = [name for name in counts if getattr(own, name) is not None]
    return {"extension": own.extension or None, "domain": own.domain, **counts, "own": mine}
