"""`carillon user`: people and their extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli import people
from carillon.cli.choices import MostCalls, YesNo, chosen, listed, wishes
from carillon.cli.context import Cli, commands
from carillon.model.pickup import PickupBy

if TYPE_CHECKING:
    from carillon.model.user import User
    from carillon.provisioning.users import Removal, UserView

app = commands("People and their extensions.")
people.register(app)

Extension = Annotated[str, typer.Argument(metavar="EXT", help="Extension, such as 101 or 101@example.org.")]
Email = Annotated[str | None, typer.Option(help="E-mail address; an empty one clears it.")]
Site = Annotated[str | None, typer.Option(metavar="SITE", help="Where the user works; main when new.")]
CallerNumber = Annotated[
    str | None, typer.Option(metavar="NUMBER", help="Number that outside people see; '' for the trunk's main one.")
]
Withhold = Annotated[YesNo | None, typer.Option(help="Whether outside people see no number at all.")]
CallWaiting = Annotated[
    YesNo | None, typer.Option(help="Whether a second call rings; with no, its caller finds him busy.")
]
Mobile = Annotated[
    list[str] | None,
    typer.Option(metavar="NUMBER", help="A mobile: calls from it show his name. Several times; '' for none."),
]
Pickup = Annotated[
    PickupBy | None, typer.Option(help="Who may pick him up: his groups, only those who list him, or nobody.")
]
PickupOf = Annotated[
    str | None,
    typer.Option(metavar="EXT,group:NAME", help="Whom he may pick up besides his groups; '' for nobody."),
]
Rings = Annotated[
    YesNo | None, typer.Option(help="Whether the phones are told with which ring a call rings: `carillon ring`.")
]
NAME_HELP = "Name that called phones show."


@app.command()
def add(
    context: typer.Context,
    extension: Extension,
    name: Annotated[str, typer.Option(help=NAME_HELP)],
    email: Email = None,
    site: Site = None,
) -> None:
    """Add a user; `carillon device add` then gives him a phone.

    Example: `carillon user add 101 --name "Alice Martin" --email alice@example.org`
    """
    from carillon.provisioning import users

    cli = Cli.of(context)
    sequence = users.add(cli.truth, cli.who, extension, name, email, site)
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
    site: Site = None,
    caller_number: CallerNumber = None,
    withhold: Withhold = None,
    call_waiting: CallWaiting = None,
    mobile: Mobile = None,
    pickup: Pickup = None,
    pickup_of: PickupOf = None,
    rings: Rings = None,
    most_calls: MostCalls = None,
) -> None:
    """Change a user; `carillon right` changes whom he may call.

    Example: `carillon user set 101 --name "Alice Peeters" --caller-number +3225551234`
    """
    from carillon.provisioning import users

    given = wishes(
        name=name,
        email=email,
        site=site,
        caller_number=caller_number,
        withhold=chosen(withhold),
        call_waiting=chosen(call_waiting),
        mobile=mobile,
        pickup=pickup,
        pickup_of=None if pickup_of is None else listed(pickup_of),
        rings=chosen(rings),
        most_calls=most_calls,
    )
    cli = Cli.of(context)
    sequence = users.set(cli.truth, cli.who, extension, **given)
    user = users.show(cli.truth, extension).user
    cli.done(f"User {user.extension}@{user.domain} ({user.name}) changed.", _row(user), sequence)


@app.command()
def remove(context: typer.Context, extension: Extension) -> None:
    """Remove a user, his devices and the numbers that reach him.

    Example: `carillon user remove 101`
    """
    from carillon.provisioning import users
    from carillon.stores.mailboxes import Mailboxes

    cli = Cli.of(context)
    gone = users.remove(cli.truth, cli.who, extension)
    messages = Mailboxes(cli.paths.voicemail).forget(gone.user.domain, gone.user.extension)
    user, also = gone.user, _with(gone)
    lost = [f"row {row.id} of {row.extension}" for row in gone.forwards]
    also += f", and {messages} voice message{'' if messages == 1 else 's'}" if messages else ""
    also += _with_what_waited(cli, f"{user.extension}@{user.domain}")
    warning = f" Forwarding to him is passed over now: {', '.join(lost)}." if lost else ""
    names = {"devices": gone.devices, "numbers": gone.numbers, "groups": gone.groups, "forwards": lost}
    cli.done(
        f"User {user.extension}@{user.domain} ({user.name}) removed{also}.{warning}",
        {**_row(user), **{noun: list(of) for noun, of in names.items()}},
        gone.sequence,
    )


def _with_what_waited(cli: Cli, aor: str) -> str:
    """Messages that were kept for him are removed, at all nodes; how many, in words."""
    from carillon.stores.keptcopies import KeptCopies
    from carillon.stores.ports import StoreDown

    if not cli.paths.messages.exists():
        return ""
    try:
        waited = KeptCopies(cli.paths.messages).forget_all(aor)
    except StoreDown as down:
        return f"; what was kept for him stays until it is 30 days old ({down})"
    return f", and {waited} message{'' if waited == 1 else 's'} that waited for him" if waited else ""


def _with(gone: Removal) -> str:
    """What went with a user, in words: `, with device desk and number +3225551234`."""
    lists = (("device", gone.devices), ("number", gone.numbers), ("his place in group", gone.groups))
    parts = [f"{word if len(names) == 1 else word + 's'} {', '.join(names)}" for word, names in lists if names]
    return f", with {' and '.join(parts)}" if parts else ""


def _row(user: User) -> dict[str, object]:
    return {
        "extension": user.extension,
        "domain": user.domain,
        "name": user.name,
        "email": user.email,
        "site": user.site,
        "rights": [str(each) for each in user.rights],
        "caller_number": user.caller_number,
        "withhold": user.withhold,
        "call_waiting": user.call_waiting,
        "pickup": str(user.pickup),
        "pickup_of": list(user.pickup_of),
        "rings": user.rings,
        "most_calls": user.most_calls,
    }


def _full_row(view: UserView) -> dict[str, object]:
    return {
        **_row(view.user),
        "devices": [device.name for device in view.devices],
        "numbers": [number.number for number in view.numbers if not number.is_own],
        "groups": list(view.groups),
        "mobiles": list(view.mobiles),
    }
