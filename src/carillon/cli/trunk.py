"""`carillon trunk`: the ways to providers and to other exchanges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import MostCalls, YesNo, chosen
from carillon.cli.context import Cli, commands
from carillon.cli.passwords import Password, shown_once, typed_or_made
from carillon.model.trunk import NumberFormat, Transport

if TYPE_CHECKING:
    from carillon.provisioning.trunks import TrunkView
    from carillon.supervision.trunkreports import TrunkReport

app = commands("The ways to providers and to other exchanges; `carillon outbound` says what goes where.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the trunk, such as provider.")]
Host = Annotated[
    str, typer.Option("--address", metavar="NAME|HOST:PORT|[IPv6]:PORT", help="Where the provider listens.")
]
NewHost = Annotated[
    str | None, typer.Option("--address", metavar="NAME|HOST:PORT|[IPv6]:PORT", help="Where the provider listens.")
]
By = Annotated[Transport | None, typer.Option(help="What carries the signalling; udp when new.")]
RegisterAs = Annotated[
    str | None, typer.Option(metavar="USER", help="Register there with this user name; '' to register no more.")
]
Realm = Annotated[str | None, typer.Option(help="The provider's domain, when it isn't its host.")]
MainNumber = Annotated[
    str | None, typer.Option(metavar="NUMBER", help="The number of callers who have none of their own; '' for none.")
]
Priority = Annotated[int | None, typer.Option(help="Of trunks at the same position, the lower one is tried first.")]
Country = Annotated[str | None, typer.Option(metavar="CC", help="Country of its national numbers, such as BE.")]
Format = Annotated[NumberFormat | None, typer.Option(help="How the provider writes numbers; e164 when new.")]
Trusted = Annotated[
    YesNo | None,
    typer.Option(help="Whether it is told who calls although that is withheld, and believed who calls us."),
]
Enabled = Annotated[YesNo | None, typer.Option(help="Whether it is used.")]
Probe = Annotated[YesNo | None, typer.Option(help="Whether it is asked by OPTIONS if it works; yes when new.")]
Naptr = Annotated[YesNo | None, typer.Option(help="Whether NAPTR is asked which transport a name wants.")]

FromUser = Annotated[
    str | None,
    typer.Option(metavar="USER", help="Who stands in From, such as the account; '' for whoever calls, as usual."),
]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    address: Host,
    transport: By = None,
    register_as: RegisterAs = None,
    password: Password = None,
    realm: Realm = None,
    main_number: MainNumber = None,
    priority: Priority = None,
    country: Country = None,
    from_format: Format = None,
    trusted: Trusted = None,
    enabled: Enabled = None,
    probe: Probe = None,
    from_user: FromUser = None,
    most_calls: MostCalls = None,
    naptr: Naptr = None,
) -> None:
    """Add a trunk. One that registers needs a password; without `--password`, one is made and shown once.

    Example: `carillon trunk add provider --address sip.example.net:5060 --register-as 3225551234 --password -`
    """
    from carillon.provisioning import changes, trunks
    from carillon.provisioning.trunkkey import TrunkKey

    cli = Cli.of(context)
    fields = trunks.TrunkFields(
        address,
        transport,
        country,
        register_as,
        realm,
        main_number,
        priority,
        chosen(trusted),
        from_format,
        chosen(enabled),
        chosen(probe),
        from_user,
        most_calls,
        chosen(naptr),
    )
    typed, made = typed_or_made(password, make=password is None and bool(register_as))
    sequence = trunks.add(cli.truth, cli.who, TrunkKey.of(cli.paths), name, fields, made if typed is None else typed)
    _done(cli, "added", trunks.show(cli.truth, str(changes.subject(cli.truth, sequence))), sequence, made)


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="Only the trunks of this domain.")] = None,
) -> None:
    """List the trunks, and how each is.

    Example: `carillon trunk list`
    """
    from carillon.provisioning import trunks
    from carillon.supervision.trunkreports import reports

    cli = Cli.of(context)
    found = reports(cli.paths)
    cli.show([_row(view, found) for view in trunks.listing(cli.truth, domain)], "Trunks")


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show a trunk and how it is; its password can't be shown again.

    Example: `carillon trunk show provider`
    """
    from carillon.provisioning import trunks

    cli = Cli.of(context)
    cli.show(_full_row(cli, trunks.show(cli.truth, name)), "Trunk")


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    address: NewHost = None,
    transport: By = None,
    register_as: RegisterAs = None,
    password: Password = None,
    realm: Realm = None,
    main_number: MainNumber = None,
    priority: Priority = None,
    country: Country = None,
    from_format: Format = None,
    trusted: Trusted = None,
    enabled: Enabled = None,
    probe: Probe = None,
    from_user: FromUser = None,
    most_calls: MostCalls = None,
    naptr: Naptr = None,
) -> None:
    """Change a trunk.

    Example: `carillon trunk set provider --enabled no`
    """
    from carillon.provisioning import trunks
    from carillon.provisioning.trunkkey import TrunkKey

    fields = trunks.TrunkFields(
        address,
        transport,
        country,
        register_as,
        realm,
        main_number,
        priority,
        chosen(trusted),
        from_format,
        chosen(enabled),
        chosen(probe),
        from_user,
        most_calls,
        chosen(naptr),
    )
    if fields == trunks.TrunkFields() and password is None:
        raise typer.BadParameter("Nothing to change: give an option.")
    cli = Cli.of(context)
    typed, _ = typed_or_made(password, make=False)
    sequence = trunks.set(cli.truth, cli.who, TrunkKey.of(cli.paths), name, fields, typed)
    _done(cli, "changed", trunks.show(cli.truth, name), sequence)


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove a trunk that no outbound route uses.

    Example: `carillon trunk remove provider`
    """
    from carillon.provisioning import trunks

    cli = Cli.of(context)
    removed = trunks.show(cli.truth, name)
    sequence = trunks.remove(cli.truth, cli.who, f"{removed.trunk.name}@{removed.trunk.domain}")
    _done(cli, "removed", removed, sequence)


def _done(cli: Cli, done: str, view: TrunkView, sequence: int, made: str | None = None) -> None:
    trunk = view.trunk
    sentence = f"Trunk {trunk.name}@{trunk.domain} to {trunk.address} over {trunk.transport.upper()} {done}."
    password = {} if made is None else {"password": made}
    cli.done(shown_once(sentence, made), {**_full_row(cli, view), **password}, sequence)


def _row(view: TrunkView, found: dict[tuple[str, str], TrunkReport]) -> dict[str, object]:
    from carillon.supervision.trunkreports import report

    trunk = view.trunk
    now = report(found, (trunk.domain, trunk.name))
    return {
        "name": trunk.name,
        "domain": trunk.domain,
        "address": trunk.address,
        "transport": str(trunk.transport),
        "register_as": trunk.register_as,
        "main_number": trunk.main_number,
        "priority": trunk.priority,
        "enabled": trunk.enabled,
        "most_calls": trunk.most_calls,
        "state": now.state,
        "since": now.since,
        "registration": now.registration,
    }


def _full_row(cli: Cli, view: TrunkView) -> dict[str, object]:
    from carillon.supervision.trunkreports import report, reports
    from carillon.trunks.states import read

    found, key = reports(cli.paths), (view.trunk.domain, view.trunk.name)
    state = read(cli.paths.trunk_states).get(key)
    targets = sorted(state.targets, key=lambda one: (one.priority, -one.weight)) if state else []
    return {
        **_row(view, found),
        "registration_since": report(found, key).registration_since,
        "targets": [f"{one.uri} {one.health}" for one in targets],
        "dns": report(found, key).dns,
        "probe": view.trunk.probe,
        "naptr": view.trunk.naptr,
        "realm": view.trunk.realm,
        "country": view.trunk.country,
        "from_format": str(view.trunk.from_format),
        "from_user": view.trunk.from_user,
        "trusted": view.trunk.trusted,
        "has_password": view.has_password,
        "outbound": [route.prefix for route in view.routes],
    }
