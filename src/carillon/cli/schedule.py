"""`carillon schedule`: weekly hours and holidays, for forwarding rows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import listed
from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.schedule import Schedule

app = commands("Weekly hours and holidays, in the time of a place.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the schedule, such as office.")]
HOURS = "Days and hours, such as 'mon-fri 09:00-12:30,13:30-18:00'; may be given several times."
HOLIDAYS = "Dates when it is closed, such as 2026-12-25,2027-01-01."
Zone = Annotated[str | None, typer.Option(metavar="ZONE", help="Such as Europe/Brussels; that of the country else.")]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    hours: Annotated[list[str], typer.Option(metavar="HOURS", help=HOURS)],
    holidays: Annotated[str, typer.Option(metavar="DATES", help=HOLIDAYS)] = "",
    timezone: Zone = None,
) -> None:
    """Make a schedule.

    Example: `carillon schedule add office --hours 'mon-fri 09:00-17:30' --holidays 2026-12-25`
    """
    from carillon.provisioning import changes, schedules

    cli = Cli.of(context)
    sequence = schedules.add(cli.truth, cli.who, name, tuple(hours), listed(holidays), timezone)
    _done(cli, "added", schedules.show(cli.truth, str(changes.subject(cli.truth, sequence))), sequence)


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="Only the schedules of this domain.")] = None,
) -> None:
    """List the schedules.

    Example: `carillon schedule list`
    """
    from carillon.provisioning import schedules

    cli = Cli.of(context)
    cli.show([_row(one) for one in schedules.listing(cli.truth, domain)], "Schedules")


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show a schedule, and whether it is open now.

    Example: `carillon schedule show office`
    """
    from carillon.provisioning import schedules

    cli = Cli.of(context)
    cli.show(_row(schedules.show(cli.truth, name)), "Schedule")


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    hours: Annotated[
        list[str] | None, typer.Option(metavar="HOURS", help=f"{HOURS} They replace the old ones.")
    ] = None,
    holidays: Annotated[
        str | None, typer.Option(metavar="DATES", help=f"{HOLIDAYS} They replace the old ones.")
    ] = None,
    timezone: Zone = None,
) -> None:
    """Change a schedule.

    Example: `carillon schedule set office --holidays 2026-12-25,2027-01-01`
    """
    from carillon.provisioning import schedules

    if hours is None and holidays is None and timezone is None:
        raise typer.BadParameter("Nothing to change: give --hours, --holidays or --timezone.")
    cli = Cli.of(context)
    dates = None if holidays is None else listed(holidays)
    sequence = schedules.set(cli.truth, cli.who, name, tuple(hours) if hours else None, dates, timezone)
    _done(cli, "changed", schedules.show(cli.truth, name), sequence)


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove a schedule that no forwarding row asks.

    Example: `carillon schedule remove office`
    """
    from carillon.provisioning import schedules

    cli = Cli.of(context)
    removed = schedules.show(cli.truth, name)
    sequence = schedules.remove(cli.truth, cli.who, f"{removed.name}@{removed.domain}")
    _done(cli, "removed", removed, sequence)


def _done(cli: Cli, done: str, schedule: Schedule, sequence: int) -> None:
    cli.done(f"Schedule {schedule.name}@{schedule.domain} {done}.", _row(schedule), sequence)


def _row(of: Schedule) -> dict[str, object]:
    from carillon.routing.schedule import is_open
    from carillon.stores.ports import ScheduleProfile

    hours = tuple((one.day, one.begin, one.end) for one in of.hours)
    dates = [day.isoformat() for day in of.holidays]
    now = time.time()
    return {
        "name": of.name,
        "domain": of.domain,
        "timezone": of.timezone,
        "hours": [str(one) for one in of.hours],
        "holidays": dates,
        "open": is_open(ScheduleProfile(of.timezone, hours, frozenset(dates)), now),
    }
