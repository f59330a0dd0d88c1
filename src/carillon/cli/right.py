"""`carillon right`: which outside calls somebody may make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands
from carillon.cli.user import Extension

if TYPE_CHECKING:
    from carillon.model.user import User

app = commands("Outside calls by class. Internal and emergency calls are everybody's, always.")

CLASSES = "national, mobile, international, premium, free, shared, special"
Classes = Annotated[str, typer.Option("--outside", metavar="CLASSES", help=f"Some of {CLASSES}, such as free,mobile.")]
AllClasses = Annotated[
    str, typer.Option("--outside", metavar="CLASSES|all|none", help=f"all, none, or some of {CLASSES}.")
]


@app.command("set")
def set_(context: typer.Context, extension: Extension, outside: AllClasses) -> None:
    """Choose the outside calls that somebody may make.

    Example: `carillon right set 101 --outside national,mobile,free`
    """
    from carillon.model.rights import parse_rights
    from carillon.provisioning import users

    cli = Cli.of(context)
    rights = parse_rights("outside", outside)
    _done(cli, extension, users.set(cli.truth, cli.who, extension, rights=rights))


@app.command()
def add(context: typer.Context, extension: Extension, outside: Classes) -> None:
    """Allow somebody further outside calls.

    Example: `carillon right add 101 --outside international`
    """
    from carillon.model.rights import ordered, parse_rights
    from carillon.provisioning import users

    cli = Cli.of(context)
    more = parse_rights("outside", outside)
    now = users.show(cli.truth, extension).user.rights
    _done(cli, extension, users.set(cli.truth, cli.who, extension, rights=ordered((*now, *more))))


@app.command()
def remove(context: typer.Context, extension: Extension, outside: Classes) -> None:
    """Forbid somebody outside calls.

    Example: `carillon right remove 101 --outside premium,special`
    """
    from carillon.model.rights import ordered, parse_rights
    from carillon.provisioning import users

    cli = Cli.of(context)
    less = parse_rights("outside", outside)
    now = users.show(cli.truth, extension).user.rights
    rights = ordered(each for each in now if each not in less)
    _done(cli, extension, users.set(cli.truth, cli.who, extension, rights=rights))


@app.command()
def show(context: typer.Context, extension: Extension) -> None:
    """Show which calls somebody may make.

    Example: `carillon right show 101`
    """
    from carillon.provisioning import users

    cli = Cli.of(context)
    cli.show(_row(users.show(cli.truth, extension).user), "Rights")


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="Only the users of this domain.")] = None,
) -> None:
    """List which calls everybody may make.

    Example: `carillon right list`
    """
    from carillon.provisioning import users

    cli = Cli.of(context)
    cli.show([_row(user) for user in users.listing(cli.truth, domain)], "Rights")


def _done(cli: Cli, extension: str, sequence: int) -> None:
    from carillon.provisioning import users

    user = users.show(cli.truth, extension).user
    outside = ", ".join(user.rights) or "none"
    cli.done(f"Outside calls of {user.extension}@{user.domain} ({user.name}): {outside}.", _row(user), sequence)


def _row(user: User) -> dict[str, object]:
    return {
        "extension": user.extension,
        "domain": user.domain,
        "name": user.name,
        "internal": True,
        "emergency": True,
        "outside": [str(each) for each in user.rights],
    }
