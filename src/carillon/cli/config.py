"""`carillon config`: the generated configuration of the engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands
from carillon.model.refused import Refused

if TYPE_CHECKING:
    from carillon.confgen.system import System

app = commands(
    "The generated configuration: listeners and engine settings. People, numbers and trunks are not in it: "
    "their changes are in force at once, and `carillon change list` shows them."
)

Number = Annotated[int, typer.Argument(metavar="ID", help="A generation, as `carillon config history` lists them.")]


@app.command()
def diff(context: typer.Context) -> None:
    """Show what the next `up` would change in the configuration that is in force; secrets are masked.

    Of a stopped system: against what was in force last.

    Example: `carillon config diff`
    """
    from carillon.confgen import history
    from carillon.confgen.apply import in_force, render_all
    from carillon.confgen.difference import difference, differing

    cli = Cli.of(context)
    system = _system(cli)
    after = render_all(system)
    before = in_force(cli.paths, after)
    if not cli.paths.run.is_dir():
        before = history.latest(cli.paths.history)
        after = {name: history.kept(name, files) for name, files in after.items()}
    text = difference(before, after)
    if cli.json:
        cli.show({"changed": differing(before, after), "diff": text}, "")
    else:
        typer.echo(text or "Nothing: the next start would change no file.\n", nl=False)


@app.command()
def check(context: typer.Context) -> None:
    """Have each component check the configuration that the next `up` would put in force; nothing changes.

    Kamailio and supervisord check files themselves; Redis and Asterisk are started for a moment, apart from all
    others. Exit status 1 when one refuses.

    Example: `carillon config check`
    """
    from carillon.confgen import apply

    cli = Cli.of(context)
    found = apply.check(_system(cli))
    rows = [{"component": name, "accepted": not words, "words": words} for name, words in found.items()]
    if not cli.json:
        rows = [{**row, "accepted": "yes" if row["accepted"] else "NO"} for row in rows]
    cli.show(rows, "Check")
    for name, words in found.items():
        if words:
            raise Refused(name, f"refuses its configuration, so `up` would too. It says: {words}")


@app.command("history")
def history_(context: typer.Context) -> None:
    """List the configurations that were in force, oldest first; the last one is the newest.

    Example: `carillon config history`
    """
    from carillon.confgen import history

    cli = Cli.of(context)
    cli.show(
        [
            {
                "id": each.number,
                "since": each.since.isoformat() if cli.json else f"{each.since:%Y-%m-%d %H:%M:%S}",
                "changed": list(each.changed) if cli.json else ", ".join(each.changed),
            }
            for each in history.listing(cli.paths.history)
        ],
        "Configurations",
    )


@app.command()
def rollback(context: typer.Context, number: Number) -> None:
    """Put a generated configuration of the past in force until the next `up`, which generates it anew.

    Restarts the components that it changes; a restart of asterisk or kamailio ends calls. It covers the generated
    files only: no people, numbers or trunks (`carillon backup` does), and not the certificate.

    Example: `carillon config rollback 3`
    """
    from carillon.supervision.progress import Progress
    from carillon.supervision.rollback import roll_back

    cli = Cli.of(context)
    with Progress(quiet=cli.json) as progress:
        progress.step("checking and restarting …")
        changed = roll_back(cli.paths, number, progress.report)
    if cli.json:
        cli.show({"id": number, "changed": list(changed)}, "")
    elif changed:
        typer.echo(f"Configuration {number} is in force, until the next `up`; it changed {', '.join(changed)}.")
    else:
        typer.echo(f"Configuration {number} is in force already.")


def _system(cli: Cli) -> System:
    """What the configuration is rendered from; a system that never started gets its certificate now."""
    from carillon.supervision.prepare import lay_out_lasting, load_system, require_root

    require_root()
    assert cli.truth is not None  # says so when it had to be migrated
    system = load_system(cli.paths)
    if not (cli.paths.tls / "certificate.pem").exists():
        lay_out_lasting(system)
    return system
