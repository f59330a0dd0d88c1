"""`carillon user`: people and their extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.user import User
    from carillon.provisioning.users import UserView

app = commands("People and their extensions.")

Extension = Annotated[str, typer.Argument(metavar="EXT", help="Extension, such as 101 or 101@example.org.")]
Email = Annotated[str | None, typer.Option(help="E-mail address; an empty one clears it.")]
NAME_HELP = "Name that called phones show."


@app.command()
def add(
    context: typer.Context,
    extension: Extension,
    name: Annotated[str, typer.Option(help=NAME_HELP)],
    email: Email = None,
) -> None:
    """Add a user; `carillon device add` then gives him a phone.

    Example: `carillon user add 101 --name "Alice Martin" --email alice@example.org`
    """
    from carillon.provisioning import users

    cli = Cli.of(context)
    sequence = users.add(cli.truth, cli.who, extension, name, email)
    user = users.show(cli.truth, extension).user
    cli.done(f"User {user.extension}@{user.domain} ({user.name}) added.", _row(user), sequence)


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="Only the users of this domain.")] = None,
) -> None:
    """List the users.

    Example: `carillon user list --domain example.org`
    """
    from carillon.provisioning import users

    cli = Cli.of(context)
    cli.show([_row(user) for user in users.listing(cli.truth, domain)], "Users")


@app.command()
def show(context: typer.Context, extension: Extension) -> None:
    """Show a user, his devices and his further numbers.

    Example: `carillon user show 101`
    """
    from carillon.provisioning import users

    cli = Cli.of(context)
    cli.show(_full_row(users.show(cli.truth, extension)), "User")


@app.command("set")
def set_(
    context: typer.Context,
    extension: Extension,
    name: Annotated[str | None, typer.Option(help=NAME_HELP)] = None,
    email: Email = None,
) -> None:
    """Change a user's name or e-mail address.

    Example: `carillon user set 101 --name "Alice Peeters"`
    """
    from carillon.provisioning import users

    if name is None and email is None:
        raise typer.BadParameter("Nothing to change: give --name, --email or both.")
    cli = Cli.of(context)
    sequence = users.set(cli.truth, cli.who, extension, name, email)
    user = users.show(cli.truth, extension).user
    cli.done(f"User {user.extension}@{user.domain} ({user.name}) changed.", _row(user), sequence)


@app.command()
def remove(context: typer.Context, extension: Extension) -> None:
    """Remove a user, his devices and the numbers that reach him.

    Example: `carillon user remove 101`
    """
    from carillon.provisioning import users

    cli = Cli.of(context)
    gone = users.remove(cli.truth, cli.who, extension)
    user, also = gone.user, _with(gone.devices, gone.numbers)
    cli.done(
        f"User {user.extension}@{user.domain} ({user.name}) removed{also}.",
        {**_row(user), "devices": list(gone.devices), "numbers": list(gone.numbers)},
        gone.sequence,
    )


def _with(devices: tuple[str, ...], numbers: tuple[str, ...]) -> str:
    """What went with a user, in words: `, with device desk and number +3225551234`."""
    parts = [
        f"{word if len(names) == 1 else word + 's'} {', '.join(names)}"
        for word, names in (("device", devices), ("number", numbers))
        if names
    ]
    return f", with {' and '.join(parts)}" if parts else ""


def _row(user: User) -> dict[str, object]:
    return {"extension": user.extension, "domain": user.domain, "name": user.name, "email": user.email}


def _full_row(view: UserView) -> dict[str, object]:
    return {
        **_row(view.user),
        "devices": [device.name for device in view.devices],
        "numbers": [number.number for number in view.numbers if not number.is_own],
    }
