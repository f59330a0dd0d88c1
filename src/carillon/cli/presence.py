"""`carillon presence`: the state of a person, and why it is that."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli import presencerule
from carillon.cli.context import Cli, commands
from carillon.model.presence import PresenceState
from carillon.model.refused import Refused
from carillon.presence.aggregate import Merged, Said, Source, in_order, merged

if TYPE_CHECKING:
    from carillon.model.presence import Presence
    from carillon.model.user import User

app = commands("The state of people: default, away, busy, vacation; and do not disturb.")
app.add_typer(presencerule.app, name="rule")

Extension = Annotated[str, typer.Argument(metavar="EXT", help="Extension, such as 102 or 102@example.org.")]


@app.command("set")
def set_(
    context: typer.Context,
    extension: Extension,
    state: Annotated[
        str, typer.Argument(metavar="STATE", help="default, away, busy, vacation; or dnd: busy, and no phone rings.")
    ],
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="What others may read.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="17:30, or 2026-12-24T17:30; until further notice when left out.")
    ] = None,
) -> None:
    """Say the state of a person by hand: it counts before what calendars and phones say.

    Example: `carillon presence set 102 dnd --until 17:30`
    """
    from carillon.provisioning import presences

    cli = Cli.of(context)
    sequence = presences.set(cli.truth, cli.who, extension, state, note, until)
    user, rows = presences.said(cli.truth, extension)
    manual = rows[0]
    end = f" until {time_shown(manual.until)}" if manual.until else ""
    word = "not to be disturbed" if manual.dnd else str(manual.state)
    cli.done(f"{_whom(user)} is {word}{end}.", _row(cli, user, rows), sequence)


@app.command()
def clear(context: typer.Context, extension: Extension) -> None:
    """Take back what was said by hand.

    Example: `carillon presence clear 102`
    """
    from carillon.provisioning import presences

    cli = Cli.of(context)
    sequence = presences.clear(cli.truth, cli.who, extension)
    user, rows = presences.said(cli.truth, extension)
    row = _row(cli, user, rows)
    cli.done(f"Nothing is said by hand of {_whom(user)} any more: {row['state']}.", row, sequence)


@app.command()
def show(context: typer.Context, extension: Extension) -> None:
    """Show the state of a person.

    Example: `carillon presence show 102`
    """
    from carillon.provisioning import presences

    cli = Cli.of(context)
    cli.show(_row(cli, *presences.said(cli.truth, extension)), "Presence")


@app.command()
def explain(context: typer.Context, extension: Extension) -> None:
    """Show everything that is said of a person, and what of it counts.

    Example: `carillon presence explain 102`
    """
    from carillon.provisioning import presences

    cli = Cli.of(context)
    user, rows = presences.said(cli.truth, extension)
    result = _row(cli, user, rows)
    counts = _merged(cli, user, rows)
    said = [{**_shown(each), "verdict": _verdict(each, counts)} for each in in_order(_everything(cli, user, rows))]
    if cli.json:
        cli.show({**result, "said": said}, "")
        return
    cli.show(said, f"Said of {_whom(user)}")
    word = f"{result['state']}{', do not disturb' if result['dnd'] else ''}"
    phone = "has a phone that is registered" if result["registered"] else "has no phone that is registered"
    typer.echo(f"State: {word}, says {result['source']}; {phone}.")


def _verdict(said: Said, counts: Merged) -> str:
    if counts.said and said == counts.said[0]:
        return "counts"
    return "comes after" if said.counts_at(time.time()) else "over"


def _merged(cli: Cli, user: User, rows: tuple[Presence, ...]) -> Merged:
    return merged(_everything(cli, user, rows), time.time())


def _everything(cli: Cli, user: User, rows: tuple[Presence, ...]) -> list[Said]:
    """What is said by hand, by calendars, by calls that are up, and by phones."""
    manual = [Said(Source.MANUAL, row.state, row.since, row.dnd, row.note, row.until) for row in rows]
    calls = [Said(Source.CALLS, PresenceState.BUSY, time.time())] if _busy_in_call(cli, user) else []
    return [*manual, *_calendars(cli, user), *calls, *_published(cli, user)]


def _busy_in_call(cli: Cli, user: User) -> bool:
    """Whether somebody has a call that makes him busy."""
    from carillon.presence.privacy import rule_of
    from carillon.provisioning import presencerules

    own, common = presencerules.show(cli.truth, f"{user.extension}@{user.domain}")
    return rule_of(user.extension, own, common, {}).busy_in_call and bool(_in_call(cli, user))


def _calendars(cli: Cli, user: User) -> list[Said]:
    from carillon.presence.spans import said_at
    from carillon.stores.calendarspans import spans_of
    from carillon.stores.ports import StoreDown

    try:
        return list(said_at(spans_of(cli.paths.calendar_spans, user.domain, user.extension), time.time()))
    except StoreDown as down:
        raise Refused("presence", f"what calendars say can't be read: {down}.") from down


def _published(cli: Cli, user: User) -> list[Said]:
    from carillon.stores.ports import StoreDown
    from carillon.stores.published import Published

    if not cli.paths.publications.exists():
        return []
    try:
        found = Published(cli.paths.publications).of(f"{user.extension}@{user.domain}")
    except StoreDown as down:
        raise Refused("presence", f"what phones publish can't be read: {down}.") from down
    return [Said(Source.PHONE, each.state, each.since, False, each.note, each.until, each.tag) for each in found]


def _row(cli: Cli, user: User, rows: tuple[Presence, ...]) -> dict[str, object]:
    from carillon.supervision.registered import registered

    counts = _merged(cli, user, rows)
    return {
        "extension": user.extension,
        "domain": user.domain,
        "state": str(counts.state),
        "dnd": counts.dnd,
        "note": counts.note,
        "until": time_shown(counts.until) if counts.until else None,
        "registered": bool(registered(cli.paths, (user.extension, user.domain))),
        "in_call": _in_call(cli, user),
        "source": counts.source,
    }


def _in_call(cli: Cli, user: User) -> bool | None:
    """Whether somebody has a call that is up; None when nobody can tell."""
    from carillon.cli.call import gateway
    from carillon.provisioning.system import load_node

    if not cli.paths.kamailio_rpc.exists():
        return None
    aor = f"{user.extension}@{user.domain}"
    try:
        with gateway(cli, load_node(cli.paths)) as here:
            return any(call.state == "up" and aor in (call.caller, call.called) for call in here.live_calls())
    except Refused:
        return None


def _shown(said: Said) -> dict[str, object]:
    return {
        "source": f"{said.source} {said.who}" if said.source is Source.CALENDAR else str(said.source),
        "state": "dnd" if said.dnd else str(said.state),
        "note": said.note,
        "since": time_shown(said.since),
        "until": time_shown(said.until) if said.until else None,
    }


def time_shown(seconds: float) -> str:
    """A moment (Unix seconds) in local time, ISO 8601."""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def _whom(user: User) -> str:
    return f"{user.extension}@{user.domain} ({user.name})"
