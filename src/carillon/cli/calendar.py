"""`carillon calendar`: calendars of people, which say when they are busy, away or on vacation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import YesNo, chosen
from carillon.cli.context import Cli, commands
from carillon.cli.passwords import typed

if TYPE_CHECKING:
    from carillon.model.calendar import Calendar
    from carillon.stores.calendarspans import Feed

app = commands("Calendars of people: they say when somebody is busy, away or on vacation.")

Extension = Annotated[str, typer.Argument(metavar="EXT", help="Extension, such as 102 or 102@example.org.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the calendar, such as work.")]
Every = Annotated[int | None, typer.Option(metavar="MINUTES", help="How often it is looked at; 5 when new.")]
Means = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND=STATE",
        help="What events say: busy, tentative, out, all-day, elsewhere or category:NAME, = away, busy, vacation or "
        "ignored. Give it again for each; '' for what is usual.",
    ),
]
Note = Annotated[YesNo | None, typer.Option(help="Whether colleagues may read what an event is called.")]
_WHERE = "A file or a URL of http, https or webcal; '-' reads it from standard input. Only its host is ever shown."


@app.command()
def add(
    context: typer.Context,
    extension: Extension,
    name: Name,
    where: Annotated[str, typer.Argument(metavar="FILE|URL", help=_WHERE)],
    every: Every = None,
    means: Means = None,
    note: Note = None,
) -> None:
    """Let a calendar (iCalendar, RFC 5545) say somebody's state. What he sets by hand counts before it.

    Example: `carillon calendar add 102 work - --means out=away < feed-url`
    """
    from carillon.provisioning import calendars
    from carillon.provisioning.trunkkey import TrunkKey

    cli = Cli.of(context)
    fields = calendars.Typed(typed(where, "File or URL"), every, means, chosen(note))
    sequence = calendars.add(cli.truth, cli.who, extension, name, fields, TrunkKey.of(cli.paths))
    _done(cli, "added", calendars.show(cli.truth, extension, name), sequence)


@app.command("list")
def list_(
    context: typer.Context,
    extension: Annotated[str | None, typer.Argument(metavar="[EXT]", help="Only this person's.")] = None,
    domain: Annotated[str | None, typer.Option(help="Only those of this domain.")] = None,
) -> None:
    """List calendars, and what is wrong with them.

    Example: `carillon calendar list 102`
    """
    from carillon.provisioning import calendars

    cli = Cli.of(context)
    known = _feeds(cli)
    rows = [_row(cli, one, known.get((one.domain, one.extension, one.name)), short=True)
            for one in calendars.listing(cli.truth, extension, domain)]  # fmt: skip
    cli.show(rows, "Calendars")


@app.command()
def show(context: typer.Context, extension: Extension, name: Name) -> None:
    """Show a calendar: when it was read, what is wrong with it, its next events.

    Example: `carillon calendar show 102 work`
    """
    from carillon.provisioning import calendars

    cli = Cli.of(context)
    found = calendars.show(cli.truth, extension, name)
    cli.show(_row(cli, found, _feeds(cli).get((found.domain, found.extension, found.name))), "Calendar")


@app.command("set")
def set_(
    context: typer.Context,
    extension: Extension,
    name: Name,
    where: Annotated[str | None, typer.Option("--at", metavar="FILE|URL", help=_WHERE)] = None,
    every: Every = None,
    means: Means = None,
    note: Note = None,
) -> None:
    """Change where a calendar is, how often it is looked at, or what its events mean.

    Example: `carillon calendar set 102 work --means category:Holiday=vacation --means tentative=busy`
    """
    from carillon.provisioning import calendars
    from carillon.provisioning.trunkkey import TrunkKey

    if all(each is None for each in (where, every, means, note)):
        raise typer.BadParameter("Nothing to change: give --at, --every, --means or --note.")
    cli = Cli.of(context)
    fields = calendars.Typed(typed(where, "File or URL"), every, means, chosen(note))
    sequence = calendars.set(cli.truth, cli.who, extension, name, fields, TrunkKey.of(cli.paths))
    _done(cli, "changed", calendars.show(cli.truth, extension, name), sequence)


@app.command()
def remove(context: typer.Context, extension: Extension, name: Name) -> None:
    """Ask a calendar no more; what it said is forgotten.

    Example: `carillon calendar remove 102 work`
    """
    from carillon.provisioning import calendars

    cli = Cli.of(context)
    gone = calendars.show(cli.truth, extension, name)
    _done(cli, "removed", gone, calendars.remove(cli.truth, cli.who, extension, name))


def _done(cli: Cli, done: str, of: Calendar, sequence: int) -> None:
    cli.done(f"Calendar {of.name} of {of.extension}@{of.domain} {done}.", _settings(of), sequence)


def _settings(of: Calendar) -> dict[str, object]:
    return {
        "extension": of.extension,
        "domain": of.domain,
        "name": of.name,
        "at": of.shown,
        "every_minutes": of.every_s // 60,
        "means": [f"{kind}={state}" for kind, state in of.meanings],
        "note": of.notes,
    }


def _row(cli: Cli, of: Calendar, feed: Feed | None, *, short: bool = False) -> dict[str, object]:
    from carillon.cli.presence import time_shown

    state = {
        "read": time_shown(feed.read_at) if feed and feed.read_at else None,
        "problem": _problem(feed),
    }
    if short:
        return {**{name: _settings(of)[name] for name in ("extension", "domain", "name", "at")}, **state}
    return {**_settings(of), **state, "events": _events(cli, of)}


def _problem(feed: Feed | None) -> str:
    if feed is None:
        return "not looked at yet"
    from carillon.cli.presence import time_shown

    return f"the calendar {feed.problem}, since {time_shown(feed.since)}" if feed.problem else ""


def _events(cli: Cli, of: Calendar) -> list[str]:
    """What is on and the next ones, five at most."""
    import time

    from carillon.cli.presence import time_shown
    from carillon.model.refused import Refused
    from carillon.stores.calendarspans import spans_of
    from carillon.stores.ports import StoreDown

    try:
        spans = spans_of(cli.paths.calendar_spans, of.domain, of.extension)
    except StoreDown as down:
        raise Refused("calendar", f"what calendars say can't be read: {down}.") from down
    mine = [each for each in spans if each.calendar == of.name and each.ends > time.time()][:5]
    return [
        f"{each.state} {time_shown(each.starts)} to {time_shown(each.ends)}{f' ({each.note})' if each.note else ''}"
        for each in mine
    ]


def _feeds(cli: Cli) -> dict[tuple[str, str, str], Feed]:
    from carillon.model.refused import Refused
    from carillon.stores.calendarspans import feeds_of
    from carillon.stores.ports import StoreDown

    try:
        return feeds_of(cli.paths.calendar_spans)
    except StoreDown as down:
        raise Refused("calendar", f"what calendars say can't be read: {down}.") from down
