"""`carillon callback`: who waits to be called back by whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.callback import Callback

app = commands("Call-back on busy: who waits for whom.")


@app.command()
def add(
    context: typer.Context,
    extension: Annotated[str, typer.Argument(metavar="EXT", help="Who waits, such as 101.")],
    target: Annotated[str, typer.Option("--for", metavar="EXT", help="For whom.")],
) -> None:
    """Let somebody wait for somebody else, as if he had dialled *37.

    Example: `carillon callback add 101 --for 102`
    """
    from carillon.provisioning import callbacks
    from carillon.provisioning.changes import last

    cli = Cli.of(context)
    done = callbacks.add(cli.truth, cli.who, extension, target)
    sentence = f"Call-back {done['id']}: {extension} waits for {done['target']} ({done['name']})."
    cli.done(sentence, done, last(cli.truth))


@app.command("list")
def list_(context: typer.Context) -> None:
    """List who waits for whom, in the order in which they are served.

    Example: `carillon callback list`
    """
    from carillon.provisioning import callbacks

    cli = Cli.of(context)
    cli.show([_row(one) for one in callbacks.listing(cli.truth)], "Call-backs")


@app.command()
def remove(
    context: typer.Context,
    id: Annotated[int, typer.Argument(metavar="ID", help="Number of the call-back, see `carillon callback list`.")],
) -> None:
    """Let somebody wait no more.

    Example: `carillon callback remove 3`
    """
    from carillon.provisioning import callbacks

    cli = Cli.of(context)
    sequence, gone = callbacks.remove(cli.truth, cli.who, id)
    cli.done(f"Call-back {id} removed: {gone.extension} waits for {gone.target} no more.", _row(gone), sequence)


def _row(one: Callback) -> dict[str, object]:
    return {
        "id": one.id,
        "domain": one.domain,
        "extension": one.extension,
        "waits_for": one.target,
        "since": _time(one.asked_at),
        "until": _time(one.expires_at),
        "tries": one.tries,
    }


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
