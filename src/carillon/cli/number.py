"""`carillon number`: extensions and further numbers, and whom they reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.provisioning.numbers import NumberView

app = commands("Numbers and whom they reach; a user's extension is one of them.")

Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="Extension or outside number, such as 200 or +3225551234.")
]
Target = Annotated[
    str,
    typer.Option(
        metavar="TARGET", help="What the number reaches: an extension, something like group:sales, or access."
    ),
]


@app.command()
def add(context: typer.Context, number: Number, to: Target) -> None:
    """Let a further number reach a user, or something that answers by itself.

    Example: `carillon number add +3225551234 --to 101`, `carillon number add 200 --to group:sales`;
    `carillon number add +3225550199 --to access` lets people call through the system from their mobiles.
    """
    from carillon.provisioning import changes, numbers

    cli = Cli.of(context)
    sequence = numbers.add(cli.truth, cli.who, number, to)
    _done(cli, "added", numbers.show(cli.truth, str(changes.subject(cli.truth, sequence))), sequence)


@app.command("list")
def list_(
    context: typer.Context,
    to: Annotated[
        str | None, typer.Option(metavar="TARGET", help="Only what reaches this user, or group:NAME.")
    ] = None,
    domain: Annotated[str | None, typer.Option(help="Only the numbers of this domain.")] = None,
) -> None:
    """List all numbers in use, extensions too.

    Example: `carillon number list --to 101`
    """
    from carillon.provisioning import numbers

    cli = Cli.of(context)
    cli.show([_row(view) for view in numbers.listing(cli.truth, to, domain)], "Numbers")


@app.command()
def show(context: typer.Context, number: Number) -> None:
    """Show whom a number reaches.

    Example: `carillon number show +3225551234`
    """
    from carillon.provisioning import numbers

    cli = Cli.of(context)
    cli.show(_row(numbers.show(cli.truth, number)), "Number")


@app.command("set")
def set_(context: typer.Context, number: Number, to: Target) -> None:
    """Let a further number reach another user of its domain, or something that answers by itself.

    Example: `carillon number set +3225551234 --to 102`
    """
    from carillon.provisioning import numbers

    cli = Cli.of(context)
    sequence = numbers.set(cli.truth, cli.who, number, to)
    _done(cli, "changed", numbers.show(cli.truth, number), sequence)


@app.command()
def remove(context: typer.Context, number: Number) -> None:
    """Remove a further number; an extension goes with its user.

    Example: `carillon number remove +3225551234`
    """
    from carillon.provisioning import numbers

    cli = Cli.of(context)
    removed = numbers.show(cli.truth, number)
    sequence = numbers.remove(cli.truth, cli.who, f"{removed.number.number}@{removed.number.domain}")
    _done(cli, "removed", removed, sequence)


def _done(cli: Cli, done: str, view: NumberView, sequence: int) -> None:
    number = view.number
    name = f" ({view.name})" if view.name else ""
    sentence = f"Number {number.number} of {number.domain}, which reaches {number.target}{name}, {done}."
    cli.done(sentence, _row(view), sequence)


def _row(view: NumberView) -> dict[str, object]:
    return {
        "number": view.number.number,
        "domain": view.number.domain,
        "to": view.number.target,
        "name": view.name,
    }
