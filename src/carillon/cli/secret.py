"""`carillon secret`: by which the system seals what only it may make, such as proofs of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.supervision.secretrenewal import Renewed

app = commands("The secret by which the machines of a system know what one of them has made.")

COST = (
    "Calls that are up go on; but whoever hangs up ends only his own side, and nobody can hold or transfer. Calls that"
    " ring now may fail. Phones that are cut off meanwhile, and their branch, are unreachable until it has the new one."
)


@app.command()
def renew(
    context: typer.Context,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Don't accept the former one for a day; says what that costs, and asks.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Give all machines a new secret, as after a theft: first run `carillon satellite remove`. The system must be up.

    No call and no registration suffers: the former one is accepted for a day. A machine that is down or cut off gets
    the new one when it is back.

    Example: `carillon secret renew`
    """
    from carillon.supervision.secretrenewal import renew as renews

    cli = Cli.of(context)
    if at_once and not yes:
        typer.echo(COST, err=True)
        typer.confirm("Forget the former secret at once?", abort=True, err=True)
    done = renews(cli.paths, cli.who, at_once=at_once)
    told = {"have": done.have, "later": done.later, "former_until": _until(done), "sequence": done.sequence}
    cli.say(_sentence(done), told)


def _until(done: Renewed) -> str | None:
    import time
    from datetime import UTC, datetime

    ends = done.ring.last_until(time.time())
    return None if ends is None else datetime.fromtimestamp(ends, UTC).isoformat(timespec="minutes")


def _sentence(done: Renewed) -> str:
    until = _until(done)
    former = f"A former one is accepted until {until}." if until else "A former one is worth nothing any more."
    later = f"\nNot there, and given it when they are back: {', '.join(done.later)}." if done.later else ""
    return f"There is a new secret; these seal by it: {', '.join(done.have)}. {former}{later}"
