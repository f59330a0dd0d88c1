"""The command `carillon`: its nouns, its options, its exit status."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import carillon
from carillon.cli import (
    announcement,
    backup,
    ban,
    book,
    calendar,
    call,
    callback,
    callerlist,
    certificate,
    change,
    code,
    config,
    device,
    dns,
    domain,
    drill,
    explain,
    forwarding,
    group,
    limit,
    mail,
    node,
    number,
    outbound,
    panel,
    presence,
    priority,
    recording,
    registration,
    right,
    ring,
    satellite,
    schedule,
    secret,
    site,
    system,
    trace,
    trunk,
    user,
    voicemail,
)
from carillon.cli.callid import TakesCallId
from carillon.cli.context import DEMO, Cli, commands
from carillon.model.refused import Refused
from carillon.system.paths import SystemPaths

NOUNS: tuple[tuple[str, typer.Typer], ...] = (
    ("domain", domain.app),
    ("dns", dns.app),
    ("site", site.app),
    ("user", user.app),
    ("device", device.app),
    ("number", number.app),
    ("right", right.app),
    ("group", group.app),
    ("forwarding", forwarding.app),
    ("presence", presence.app),
    ("panel", panel.app),
    ("calendar", calendar.app),
    ("voicemail", voicemail.app),
    ("announcement", announcement.app),
    ("mail", mail.app),
    ("schedule", schedule.app),
    ("callerlist", callerlist.app),
    ("callback", callback.app),
    ("book", book.app),
    ("limit", limit.app),
    ("ring", ring.app),
    ("priority", priority.app),
    ("recording", recording.app),
    ("trunk", trunk.app),
    ("outbound", outbound.app),
    ("registration", registration.app),
    ("ban", ban.app),
    ("call", call.app),
    ("code", code.app),
    ("explain", explain.app),
    ("change", change.app),
    ("certificate", certificate.app),
    ("config", config.app),
    ("node", node.app),
    ("satellite", satellite.app),
    ("secret", secret.app),
    ("drill", drill.app),
)
"""One row a noun: its name and its verbs."""

app = commands("An enterprise telephone system. Every change is in force when its command ends.")


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"carillon {carillon.__version__}")
        raise typer.Exit


@app.callback()
def choose(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Option("--dir", envvar="CARILLON_DIR", help="Directory of the system; the demo's when left out.")
    ] = DEMO,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = False,
) -> None:
    """Choose the system and the form of the answer."""
    context.obj = Cli(SystemPaths.of(directory), as_json)


for _name, _verbs in NOUNS:
    app.add_typer(_verbs, name=_name)
system.register(app)
backup.register(app)
app.command(cls=TakesCallId)(trace.trace)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 1 refused with a sentence on standard error, 2 wrong usage."""
    try:
        app(arguments, prog_name="carillon")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        where = f" that holds {error.filename}" if error.filename else ""
        print(f"disk: the one{where} is full; make room (`carillon status` says where) and try again.", file=sys.stderr)
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    return 0
