"""`carillon trace`: what happened to a call, message by message and rule by rule."""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli
from carillon.cli.person import person
from carillon.cli.siblings import asked
from carillon.model.refused import Refused

if TYPE_CHECKING:
    from carillon.collector.ladder import Ladder
    from carillon.stores.tracewire import Row

WIDE = 1000
"""Columns of a file or a pipe, where nothing is cut."""

Name = Annotated[str | None, typer.Argument(metavar="ID", help="Short id or Call-ID of the call; with --last, EXT.")]
Last = Annotated[bool, typer.Option("--last", help="The call that began last; of EXT, when one is given.")]


def trace(context: typer.Context, name: Name = None, last: Last = False) -> None:
    """Show the messages of a recent call on both legs, and the rules that decided.

    Example: `carillon trace --last 101`
    """
    from carillon.collector.ladder import ladder_of
    from carillon.confgen.collector import store_path
    from carillon.supervision.prepare import require_root

    require_root()
    if name is None and not last:
        raise typer.BadParameter("Say which call: its short id, a Call-ID, or --last.")
    cli = Cli.of(context)
    hear_the_collector(cli)
    try:
        rows = _rows(cli, store_path(cli.paths), name, last)
    except sqlite3.Error as error:
        raise Refused("collector", f"its store can't be read ({error}); see `carillon log collector`.") from error
    if not rows:
        raise Refused("id", f"no {'such ' if name else ''}call is known; traces are kept for 24 hours.")
    _show(cli, ladder_of(rows))


def hear_the_collector(cli: Cli) -> bool:
    """Have it write what it knows; say on standard error when it doesn't answer."""
    from carillon.collector.inbox import settle

    if settle(cli.paths.trace_socket):
        return True
    typer.echo("The collector does not answer: what happened lately may be missing here.", err=True)
    return False


def _rows(cli: Cli, store: Path, name: str | None, last: bool) -> list[Row]:
    from carillon.collector.search import last_call

    if not last:
        assert name is not None
        return _over_nodes(cli, store, name)
    aor = ""
    if name is not None:
        aor = "{}@{}".format(*person(cli, name))
    return _last_over_nodes(cli, last_call(store, aor or None), aor)


def _over_nodes(cli: Cli, store: Path, name: str) -> list[Row]:
    """What all nodes know of a call: each one of its legs may have been at another."""
    from carillon.collector.search import call_of
    from carillon.provisioning.system import load_nodes
    from carillon.siblings.asked import row_in
    from carillon.stores.tracewire import short_id

    siblings = load_nodes(cli.paths)[1]
    told = asked(cli, siblings, "traces", row_in, "trace", name)
    own = call_of(store, name)
    rows = [*own, *(each for theirs in told.values() for each in theirs)]
    leg = next((row.leg for row in rows if row.leg), "")
    if told and leg and short_id(leg) != name:  # the name was a Call-ID, which the other leg does not have
        rows += own or call_of(store, short_id(leg))
        others = [one for one in siblings if told.get(one.name) == []]
        more = asked(cli, others, "traces", row_in, "trace", short_id(leg))
        rows += (each for theirs in more.values() for each in theirs)
    return sorted(dict.fromkeys(rows), key=lambda row: row.at)


def _last_over_nodes(cli: Cli, own: list[Row], aor: str) -> list[Row]:
    """The call that began last at any node, with what all know of it."""
    from carillon.provisioning.system import load_nodes
    from carillon.siblings.asked import row_in
    from carillon.stores.tracewire import short_id

    told = asked(cli, load_nodes(cli.paths)[1], "traces", row_in, "last trace", aor)
    found = [own, *told.values()]
    newest = max((rows for rows in found if rows), key=lambda rows: rows[0].at, default=[])
    leg = next((row.leg for row in newest if row.leg), "")
    if not told or not leg:
        return newest
    from carillon.confgen.collector import store_path

    return _over_nodes(cli, store_path(cli.paths), short_id(leg))


def _show(cli: Cli, ladder: Ladder) -> None:
    from carillon.collector.ladder import Place
    from carillon.collector.picture import picture
    from carillon.stores.tracewire import short_id

    called = ladder.names[Place.CALLEE]
    caller, mine = ladder.names[Place.CALLER], short_id(ladder.leg) if ladder.leg else None
    if cli.json:
        cli.show({"id": mine, "from": caller, "to": called, "call_ids": ladder.call_ids, **_json(ladder)}, "")
        return
    typer.echo(f"{f'Call {mine}' if mine else 'Refused'}: {caller} → {called}, {_written(ladder.steps[0].at)}")
    for leg, call_id in zip(("inbound", "outbound"), ladder.call_ids, strict=True):
        typer.echo(f"  Call-ID of the {leg} leg: {call_id or 'none'}")
    columns = shutil.get_terminal_size((WIDE, 0)).columns
    typer.echo(f"\n{picture(ladder, columns)}")


def _json(ladder: Ladder) -> dict[str, object]:
    messages = [
        {
            "at": step.at,
            "leg": step.leg,
            "from": ladder.names[arrow.start],
            "to": ladder.names[arrow.end],
            "message": arrow.label,
        }
        for step in ladder.steps
        for arrow in step.arrows
    ]
    rules = [
        {"at": step.at, "leg": step.leg, "rule": row.rule.replace("_", " "), "verdict": row.verdict, "fact": row.fact}
        for step in ladder.steps
        for row in step.rules
    ]
    return {"since": _written(ladder.steps[0].at), "ladder": messages, "trace": rules}


def _written(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
