"""`carillon drill`: ending a part of a live system on purpose, to see that the rest goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands
from carillon.model.refused import Refused

if TYPE_CHECKING:
    from carillon.model.node import Node
    from carillon.supervision.drill import Running

app = commands("Drills: a part of this live system ends on purpose, after asking; what people notice is measured.")

Component = Annotated[str, typer.Argument(metavar="COMPONENT", help="As `carillon status` names it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
Hang = Annotated[bool, typer.Option("--hang", help="Stop it instead, as a process that hangs.")]
Back = Annotated[int, typer.Option(min=0, max=3600, metavar="SECONDS", help="Start it again after so long.")]
StayDown = Annotated[bool, typer.Option("--stay-down", help="Don't start it again; `carillon up` does.")]


@app.command()
def kill(context: typer.Context, component: Component, hang: Hang = False, yes: Yes = False) -> None:
    """Kill one component of this node, as a crash would; the system must start it again by itself.

    Killing asterisk ends the calls that it has.

    Example: `carillon drill kill kamailio`
    """
    from carillon.supervision import drill

    cli, node = _here(context)
    drill.pid_of(drill.require_healthy(cli.paths, node), component)
    _ask(f"{'Stop' if hang else 'Kill'} {component} on {node.name}", drill.running(cli.paths, node), yes)
    noticed = drill.end_component(cli.paths, node, component, hang=hang)
    cli.show(noticed.row, "Drill")
    if noticed.healthy_s is None:
        raise Refused(component, f"the system isn't well after {drill.PATIENCE_S:g} s; `carillon status` says why.")


@app.command("node")
def node_(context: typer.Context, back: Back = 10, stay_down: StayDown = False, yes: Yes = False) -> None:
    """Kill everything on this node at once, as a power cut would, and start it again. Its calls end.

    Example: `carillon drill node --back 60`
    """
    import time

    from carillon.supervision import drill
    from carillon.supervision.start import await_healthy, prepare, start_supervisor

    cli, node = _here(context)
    drill.require_healthy(cli.paths, node)
    _ask(f"Kill everything on {node.name}", drill.running(cli.paths, node), yes)
    before = drill.end_node(cli.paths, node)
    if stay_down:
        cli.say(f"{node.name} is dead; `carillon up` brings it back.", {"node": node.name, "dead": True})
        return
    typer.echo(f"{node.name} is dead; it starts again in {back} s.", err=True)
    time.sleep(back)
    began = time.monotonic()
    start_supervisor(prepare(cli.paths))
    await_healthy(cli.paths, node, lambda _: None, drill.PATIENCE_S)
    took = round(time.monotonic() - began, 1)
    cli.show(
        drill.Noticed(f"node {node.name} killed", back + took, took, before, drill.running(cli.paths, node)).row,
        "Drill",
    )


@app.command()
def drain(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The node, as `carillon node list` names it.")],
    yes: Yes = False,
) -> None:
    """Drain a node, wait until another one does what one does for all, and let it work as before again.

    Example: `carillon drill drain ghent`
    """
    from carillon.supervision import draining

    cli, _ = _here(context)
    draining.require_another(cli.truth, name)
    _ask(f"Drain {name} for a moment", None, yes)
    noticed = draining.drill(cli.truth, cli.who, name)
    cli.show(noticed, "Drill")
    if noticed["leads_then"] is None:
        raise Refused(
            "name", f"nobody took over in {draining.PATIENCE_S:g} s; `carillon status` on the others says why."
        )


def _here(context: typer.Context) -> tuple[Cli, Node]:
    from carillon.provisioning.system import load_node
    from carillon.supervision.prepare import require_root

    require_root()
    cli = Cli.of(context)
    return cli, load_node(cli.paths)


def _ask(what: str, now: Running | None, yes: bool) -> None:
    calls = "" if now is None or now.calls is None else f" {now.calls} call{'' if now.calls == 1 else 's'} up;"
    known = "" if now is None or now.registrations is None else f" {now.registrations} registrations."
    if not yes:
        typer.confirm(f"{what}?{calls}{known}", abort=True, err=True)
