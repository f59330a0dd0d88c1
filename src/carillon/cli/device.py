"""`carillon device`: phones and their credentials. A password is shown once, when it is made, and kept nowhere."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands
from carillon.cli.passwords import Password, shown_once, typed_or_made

if TYPE_CHECKING:
    from carillon.model.device import Device

app = commands("Phones and other devices that register.")

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="SIP user name of the device, such as alice-desk."),
]


class Switch(StrEnum):
    """How a setting is typed."""

    ON = "on"
    OFF = "off"


Encryption = Annotated[
    Switch | None,
    typer.Option(help="Offer it encrypted sound (SRTP) when it rings: on or off. In force when it next registers."),
]
Priority = Annotated[
    str | None,
    typer.Option(
        metavar="0..1|phone", help="Which of a user's devices ring first, 1 the highest; phone: as it says itself."
    ),
]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    user: Annotated[str, typer.Option(metavar="EXT", help="Extension of its user.")],
    password: Password = None,
    encryption: Encryption = None,
    priority: Priority = None,
) -> None:
    """Give a user a device. Without `--password`, one is made and shown once.

    Example: `carillon device add alice-desk --user 101`
    """
    from carillon.provisioning import changes, devices

    cli = Cli.of(context)
    typed, made = typed_or_made(password, make=password is None)
    sequence = devices.add(
        cli.truth, cli.who, name, user, typed or made or "",
        encryption=encryption is Switch.ON, priority=_number(priority),
    )  # fmt: skip
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
    encryption: Encryption = None,
    priority: Priority = None,
) -> None:
    """Change a device's password, whose it is, whether it is offered encrypted sound, or when it rings.

    Example: `carillon device set alice-desk --password -`
    """
    from carillon.provisioning import devices

    nothing = not generate and all(given is None for given in (password, user, encryption, priority))
    if nothing or (password is not None and generate):
        raise typer.BadParameter("Give --password or --generate, --user, --encryption, --priority, or several kinds.")
    cli = Cli.of(context)
    typed, made = typed_or_made(password, make=generate)
    wanted = None if encryption is None else encryption is Switch.ON
    sequence = devices.set(
        cli.truth, cli.who, name, made if typed is None else typed, user,
        encryption=wanted, priority=_priority(priority),
    )  # fmt: skip
    device = devices.show(cli.truth, name)
    _done(cli, f"Device {device.name}@{device.domain} of user {device.extension} changed.", device, sequence, made)


@app.command()
def renew(
    context: typer.Context,
    site: Annotated[str, typer.Option(metavar="SITE", help="All devices of the people who work there.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Give all devices of a site new passwords, which are shown once, as when its satellite was stolen. Asks first.

    Each phone is refused until it was told its own; calls that are up go on.

    Example: `carillon device renew --site liege`
    """
    from carillon.provisioning import devices
    from carillon.provisioning.passwords import new_password

    cli = Cli.of(context)
    count = len(devices.of_site(cli.truth, site))
    if not yes:
        typer.confirm(f"New passwords for {count} devices at {site}?", abort=True, err=True)
    renewed, sequence = devices.renew(cli.truth, cli.who, site, new_password)
    rows = [{**_row(one), "password": password} for one, password in renewed]
    if not cli.json:
        cli.show([{"name": row["name"], "user": row["user"], "password": row["password"]} for row in rows], "Devices")
    cli.done(f"{len(rows)} devices at {site} have new passwords (shown once).", {"devices": rows}, sequence)


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


def _done(cli: Cli, sentence: str, device: Device, sequence: int, made: str | None) -> None:
    password = {} if made is None else {"password": made}
    cli.done(shown_once(sentence, made), {**_row(device), **password}, sequence)


def _row(device: Device) -> dict[str, object]:
    return {
        "name": device.name,
        "domain": device.domain,
        "user": device.extension,
        "encryption": device.encryption,
        "priority": device.priority,
    }


def _number(typed: str | None) -> float | None:
    """The priority of a new device."""
    found = _priority(typed)
    return found if isinstance(found, float) else None


def _priority(typed: str | None) -> float | str | None:
    """A number, "" for what the phone says itself, None for nothing typed."""
    if typed is None:
        return None
    if typed == "phone":
        return ""
    try:
        return float(typed)
    except ValueError:
        raise typer.BadParameter(f"{typed!r} is no priority: write a number from 0 to 1, or phone.") from None
