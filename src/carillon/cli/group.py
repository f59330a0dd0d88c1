"""`carillon group`: groups of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import MostCalls, YesNo, chosen, listed
from carillon.cli.context import Cli, commands
from carillon.model.group import Ring

if TYPE_CHECKING:
    from carillon.model.group import Group

app = commands("Groups of people, in an order.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the group, such as sales or sales@example.org.")]
RingOption = Annotated[Ring | None, typer.Option(help="Who rings: all at once, or one after the other.")]
RingTime = Annotated[int | None, typer.Option(metavar="SECONDS", help="How long it rings: each one, when in turn.")]
Then = Annotated[
    str | None, typer.Option(metavar="TARGET", help="Where calls go that nobody takes, such as 100; '' for nowhere.")
]
MEMBERS = "Extensions in their order, such as 101,102."
Pickup = Annotated[YesNo | None, typer.Option(help="Whether the members may pick each other up; yes when new.")]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    members: Annotated[str, typer.Option(metavar="EXT,EXT", help=MEMBERS)] = "",
    ring: RingOption = None,
    ring_time: RingTime = None,
    then: Then = None,
    pickup: Pickup = None,
) -> None:
    """Make a group; `number add 200 --to group:sales` gives it a number.

    Example: `carillon group add sales --members 101,102 --ring all --ring-time 20 --then 100`
    """
    from carillon.provisioning import changes, groups

    cli = Cli.of(context)
    ringing = groups.Ringing(ring, ring_time, then, chosen(pickup))
    sequence = groups.add(cli.truth, cli.who, name, listed(members), ringing)
    _done(cli, "added", groups.show(cli.truth, str(changes.subject(cli.truth, sequence))), sequence)


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="Only the groups of this domain.")] = None,
) -> None:
    """List the groups.

    Example: `carillon group list`
    """
    from carillon.provisioning import groups

    cli = Cli.of(context)
    cli.show([_row(group) for group in groups.listing(cli.truth, domain)], "Groups")


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show a group.

    Example: `carillon group show sales`
    """
    from carillon.provisioning import groups

    cli = Cli.of(context)
    cli.show(_row(groups.show(cli.truth, name)), "Group")


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    members: Annotated[
        str | None, typer.Option(metavar="EXT,EXT", help=f"{MEMBERS} They replace the old ones.")
    ] = None,
    add: Annotated[str | None, typer.Option(metavar="EXT,EXT", help="Extensions to add at the end.")] = None,
    remove: Annotated[str | None, typer.Option(metavar="EXT,EXT", help="Extensions to take out.")] = None,
    ring: RingOption = None,
    ring_time: RingTime = None,
    then: Then = None,
    pickup: Pickup = None,
    most_calls: MostCalls = None,
) -> None:
    """Change who is in a group, how it rings, whether its members may pick each other up, and how many calls at once
    there may be in which one of them is.

    Example: `carillon group set sales --add 103 --ring in-turn --ring-time 15 --then group:support`
    """
    from carillon.provisioning import groups

    if all(given is None for given in (members, add, remove, ring, ring_time, then, pickup, most_calls)):
        raise typer.BadParameter("Nothing to change: see --help.")
    cli = Cli.of(context)
    wanted = None if members is None else listed(members)
    ringing = groups.Ringing(ring, ring_time, then, chosen(pickup))
    sequence = groups.set(cli.truth, cli.who, name, wanted, listed(add), listed(remove), ringing, most_calls)
    _done(cli, "changed", groups.show(cli.truth, name), sequence)


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove a group; its people stay.

    Example: `carillon group remove sales`
    """
    from carillon.provisioning import groups

    cli = Cli.of(context)
    removed = groups.show(cli.truth, name)
    sequence = groups.remove(cli.truth, cli.who, f"{removed.name}@{removed.domain}")
    _done(cli, "removed", removed, sequence)


def _done(cli: Cli, done: str, group: Group, sequence: int) -> None:
    members = f" ({', '.join(group.members)})" if group.members else ""
    cli.done(f"Group {group.name}@{group.domain}{members} {done}.", _row(group), sequence)


def _row(group: Group) -> dict[str, object]:
    return {
        "name": group.name,
        "domain": group.domain,
        "members": list(group.members),
        "ring": str(group.ring),
        "ring_time": group.ring_s,
        "then": str(group.then) if group.then else None,
        "pickup": group.pickup,
        "most_calls": group.most_calls,
    }
