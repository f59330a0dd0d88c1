"""`carillon device`: phones and their credentials. A password is shown once, when it is made, and kept nowhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.device import Device

app = commands("Phones and other devices that register.")

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="SIP user name of the device, such as alice-desk."),
]
Password = Annotated[
    str | None,
    typer.Option(help="Password; '-' reads it from standard input, which keeps it out of the shell's history."),
]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    user: Annotated[str, typer.Option(metavar="EXT", help="Extension of its user.")],
    password: Password = None,
) -> None:
    """Give a user a device. Without `--password`, one is made and shown once.

    Example: `carillon device add alice-desk --user 101`
    """
    from carillon.provisioning import changes, devices

    cli = Cli.of(context)
    typed, made = _password(password, make=password is None)
    sequence = devices.add(cli.truth, cli.who, name, user, typed or made or "")
    device = devices.show(cli.truth, str(changes.subject(cli.truth, sequence)))
    _done(cli, f"Device {device.name}@{device.domain} of user {device.extension} added.", device, sequence, made)


@app.command("list")
def list_(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(metavar="EXT", help="Only the devices of this user.")] = None,
    domain: Annotated[str | None, typer.Option(help="Only the devices of this domain.")] = None,
) -> None:
    """List the devices.

    Example: `carillon device list --user 101`
    """
    from carillon.provisioning import devices

    cli = Cli.of(context)
    cli.show([_row(device) for device in devices.listing(cli.truth, user, domain)], "Devices")


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show a device and what a phone must be told to register; its password can't be shown again.

    Example: `carillon device show alice-desk`
    """
    from carillon.provisioning import devices

    cli = Cli.of(context)
    device = devices.show(cli.truth, name)
    cli.show({**_row(device), "aor": f"sip:{device.extension}@{device.domain}", "realm": device.domain}, "Device")


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    password: Password = None,
    generate: Annotated[bool, typer.Option("--generate", help="Make a new password and show it once.")] = False,
    user: Annotated[str | None, typer.Option(metavar="EXT", help="Hand it to this user of its domain.")] = None,
) -> None:
    """Change a device's password, or whose it is.

    Example: `carillon device set alice-desk --password -`
    """
    from carillon.provisioning import devices

    if (password is None and not generate and user is None) or (password is not None and generate):
        raise typer.BadParameter("Give --password or --generate, --user, or both kinds.")
    cli = Cli.of(context)
    typed, made = _password(password, make=generate)
    sequence = devices.set(cli.truth, cli.who, name, made if typed is None else typed, user)
    device = devices.show(cli.truth, name)
    _done(cli, f"Device {device.name}@{device.domain} of user {device.extension} changed.", device, sequence, made)


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove a device: it can't register or call any more.

    Example: `carillon device remove alice-desk`
    """
    from carillon.provisioning import devices

    cli = Cli.of(context)
    device = devices.show(cli.truth, name)
    sequence = devices.remove(cli.truth, cli.who, f"{device.name}@{device.domain}")
    cli.done(f"Device {device.name}@{device.domain} removed.", _row(device), sequence)


def _password(option: str | None, make: bool) -> tuple[str | None, str | None]:
    """The password that was typed, and the one that is made instead."""
    from carillon.provisioning.passwords import new_password

    if make:
        return None, new_password()
    return (_read_password() if option == "-" else option), None


def _read_password() -> str:
    """The first line of standard input; a person at a terminal types it unseen."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _done(cli: Cli, sentence: str, device: Device, sequence: int, made: str | None) -> None:
    if made is None:
        cli.done(sentence, _row(device), sequence)
    else:
        once = f"{sentence}\nPassword (shown once): {made}"
        cli.done(once, {**_row(device), "password": made}, sequence)


def _row(device: Device) -> dict[str, object]:
    return {"name": device.name, "domain": device.domain, "user": device.extension}
