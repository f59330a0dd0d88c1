"""`carillon forwarding`: where calls for a person go, in which case."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.forwarding import ForwardingRow
    from carillon.provisioning.forwardings import Table

app = commands("Where calls for a person go, in which case. Rows are tried in their order; the first that fits counts.")

Extension = Annotated[str, typer.Argument(metavar="EXT", help="Whose calls, such as 102 or 102@example.org.")]
Row = Annotated[int, typer.Argument(metavar="ID", help="Id of the row, as `carillon forwarding list` shows it.")]
Before = Annotated[int | None, typer.Option(metavar="ID", help="Put it before this row; at the end when left out.")]


class Origin(StrEnum):
    """Where calls come from."""

    INTERNAL = "internal"
    EXTERNAL = "external"


@app.command()
def add(
    context: typer.Context,
    extension: Extension,
    when: Annotated[
        str,
        typer.Option(
            metavar="CAUSE",
            help="always, busy, no-answer, offline, unreachable, declined, failed-transfer, or code:NNN.",
        ),
    ],
    to: Annotated[list[str], typer.Option(metavar="TARGET", help="102, +3225551234; several are called in turn.")],
    more: Annotated[list[str] | None, typer.Argument(metavar="[TARGET]...", help="Further targets.")] = None,
    presence: Annotated[
        str | None, typer.Option(metavar="STATES", help="Only in these states: default,away,busy,vacation.")
    ] = None,
    origin: Annotated[Origin | None, typer.Option(help="Only for calls from inside, or from outside.")] = None,
    caller: Annotated[str | None, typer.Option(metavar="LIST", help="Only for callers in this caller list.")] = None,
    schedule: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only while this schedule is open; not:NAME while it is closed.")
    ] = None,
    after: Annotated[int | None, typer.Option(metavar="SECONDS", help="How long the phones ring first.")] = None,
    ring: Annotated[int | None, typer.Option(metavar="SECONDS", help="How long each target rings.")] = None,
    before: Before = None,
) -> None:
    """Add a row; print its id.

    Example: `carillon forwarding add 102 --when no-answer --after 20 --to 103 +32475123456`
    """
    from carillon.model.forwarding import Origin as Known
    from carillon.provisioning import forwardings

    cli = Cli.of(context)
    asked = (presence, Known(origin.value) if origin else None, caller, schedule, after, ring)
    typed = forwardings.RowTyped(when, (*to, *(more or ())), *asked)
    id_, sequence = forwardings.add(cli.truth, cli.who, extension, typed, before)
    table = forwardings.table(cli.truth, extension)
    row = next(_row(table, one) for one in table.rows if one.id == id_)
    cli.done(f"Row {id_} of {_whom(table)} added: {row['when']}, to {' '.join(table_targets(row))}.", row, sequence)


@app.command("list")
def list_(context: typer.Context, extension: Extension) -> None:
    """List a person's rows in the order in which they are tried.

    Example: `carillon forwarding list 102`
    """
    from carillon.provisioning import forwardings

    cli = Cli.of(context)
    table = forwardings.table(cli.truth, extension)
    rows = [_row(table, row) for row in table.rows]
    cli.show(rows if cli.json else [_short(row) for row in rows], f"Forwarding of {_whom(table)}")


@app.command()
def move(context: typer.Context, extension: Extension, row: Row, before: Before = None) -> None:
    """Try a row earlier or later.

    Example: `carillon forwarding move 102 7 --before 3`
    """
    from carillon.provisioning import forwardings

    cli = Cli.of(context)
    sequence = forwardings.move(cli.truth, cli.who, extension, row, before)
    _done(cli, f"Row {row} moved", extension, sequence)


@app.command()
def remove(context: typer.Context, extension: Extension, row: Row) -> None:
    """Remove a row.

    Example: `carillon forwarding remove 102 7`
    """
    from carillon.provisioning import forwardings

    cli = Cli.of(context)
    sequence = forwardings.remove(cli.truth, cli.who, extension, row)
    _done(cli, f"Row {row} removed", extension, sequence)


@app.command()
def clear(
    context: typer.Context,
    extension: Extension,
    when: Annotated[str | None, typer.Option(metavar="CAUSE", help="Only the rows for this cause.")] = None,
) -> None:
    """Remove all rows of a person.

    Example: `carillon forwarding clear 102 --when busy`
    """
    from carillon.model.forwarding import require_cause
    from carillon.provisioning import forwardings

    if when is not None:
        require_cause(when)
    cli = Cli.of(context)
    sequence = forwardings.clear(cli.truth, cli.who, extension, when)
    _done(cli, f"Rows for {when} removed" if when else "All rows removed", extension, sequence)


def _done(cli: Cli, words: str, extension: str, sequence: int) -> None:
    from carillon.provisioning import forwardings

    table = forwardings.table(cli.truth, extension)
    order = ", ".join(str(row.id) for row in table.rows) or "none"
    rows = [_row(table, row) for row in table.rows]
    person = {"extension": table.user.extension, "domain": table.user.domain}
    cli.done(f"{words}; rows of {_whom(table)} now: {order}.", {**person, "rows": rows}, sequence)


def _whom(table: Table) -> str:
    return f"{table.user.extension}@{table.user.domain} ({table.user.name})"


def table_targets(row: dict[str, object]) -> list[str]:
    """The targets of a row as words."""
    targets = row["to"]
    assert isinstance(targets, list)
    return targets


def _row(table: Table, row: ForwardingRow) -> dict[str, object]:
    return {
        "id": row.id,
        "when": str(row.cause),
        "presence": [str(state) for state in row.presence],
        "origin": row.origin and str(row.origin),
        "caller": row.caller,
        "schedule": row.schedule,
        "after": row.after_s,
        "ring": row.ring_s,
        "to": [str(target) for target in row.targets],
        "dangling": row.id in table.dangling,
    }


def _short(row: dict[str, object]) -> dict[str, object]:
    """A row for a table: only what it asks, in words."""
    asked = [f"{name} {_words(row[name])}" for name in ("presence", "origin", "caller", "schedule") if row[name]]
    times = [f"{name} {row[name]} s" for name in ("after", "ring") if row[name]]
    to = " ".join(table_targets(row)) + (" (somebody is not there: passed over)" if row["dangling"] else "")
    return {"id": row["id"], "when": row["when"], "only": ", ".join(asked), "time": ", ".join(times), "to": to}


def _words(value: object) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)
