"""`carillon node`: the machines of a system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.provisioning.nodes import NodeView

app = commands("The machines of a system. They share its people, numbers and trunks; any of them takes any call.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The node: 1 to 32 of a-z 0-9 -.")]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    address: Annotated[str, typer.Option(metavar="IP", help="The address that phones reach it at.")],
    advertise: Annotated[str | None, typer.Option(metavar="IP", help="What phones beyond a NAT see.")] = None,
    address6: Annotated[str | None, typer.Option(metavar="IP", help="Its IPv6 address beside an IPv4 one.")] = None,
) -> None:
    """Add a node; prints the command that makes the new machine one. The system must be up.

    The first time, the system's truth moves from its file into a MariaDB on this node; nothing is lost.

    Example: `carillon node add ghent --address 192.0.2.11`
    """
    from dataclasses import asdict, replace

    from carillon.provisioning.system import load_node
    from carillon.supervision import adding

    cli = Cli.of(context)
    own = load_node(cli.paths)
    new = replace(own, name=name, address=address, advertise=advertise, address6=address6, drained=False)
    sequence, key = adding.add(cli.paths, cli.who, new, lambda sentence: typer.echo(sentence, err=True))
    if cli.json:
        cli.show({**asdict(new), "key": str(key), "sequence": sequence}, "Node")
        return
    typer.echo(f"Node {name} added. On the new machine, with this version of Carillon, run within an hour:")
    typer.echo(f"  carillon --dir {cli.paths.directory} node join {key}")


@app.command()
def join(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="What `carillon node add` printed on another node.")],
) -> None:
    """Make this machine a node of a system, in the directory given by `--dir`, which must be new or empty.

    Example: `carillon node join WyJnaGVudCIs…`
    """
    from carillon.supervision.joining import join as joins
    from carillon.supervision.joinkeys import JoinKey
    from carillon.supervision.place import address_warning, require_place
    from carillon.supervision.prepare import require_root

    require_root()
    cli = Cli.of(context)
    require_place(cli.paths.directory)
    joined = joins(cli.paths, JoinKey.parse(key))
    if warning := address_warning(joined.node.address):
        typer.echo(warning, err=True)
    if cli.json:
        cli.show({"name": joined.node.name, "address": joined.node.address}, "Node")
        return
    typer.echo(f"This machine is the node {joined.node.name} of {joined.node.default_domain}.")
    typer.echo(f"Start it with: carillon --dir {cli.paths.directory} up")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the nodes, and how they are; one leads: it does what one node does for all.

    Example: `carillon node list`
    """
    from carillon.provisioning import nodes
    from carillon.provisioning.system import load_node

    cli = Cli.of(context)
    own, leads = load_node(cli.paths).name, _leader(cli)
    cli.show([_row(view, own, leads) for view in nodes.listing(cli.truth)], "Nodes")


@app.command()
def drain(
    context: typer.Context,
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Let it work as before again.")] = False,
) -> None:
    """Let a node do no more of what one node does for all, such as registering at providers; another one takes over.

    Example: `carillon node drain ghent`
    """
    from carillon.provisioning import nodes

    cli = Cli.of(context)
    sequence = nodes.set_drained(cli.truth, cli.who, name, not undo)
    words = "works as before again" if undo else "is drained"
    cli.done(f"Node {name} {words}.", {"name": name, "drained": not undo}, sequence)


@app.command()
def leave(context: typer.Context, name: Name) -> None:
    """Forget a node, which must be down. Its machine keeps its files; remove them there.

    Example: `carillon node leave ghent`
    """
    from carillon.supervision import adding

    cli = Cli.of(context)
    sequence = adding.remove(cli.paths, cli.who, name)
    cli.done(f"Node {name} has left.", {"name": name}, sequence)


def _leader(cli: Cli) -> str | None:
    """Who does what one does for all; None while nobody can say."""
    from carillon.stores.sql.engine import DatabaseAway
    from carillon.supervision.draining import leader

    try:
        return leader(cli.truth)
    except DatabaseAway:
        return None


def _row(view: NodeView, own: str, leads: str | None) -> dict[str, object]:
    from datetime import UTC, datetime

    state = view.state
    since = datetime.fromtimestamp(state.since, UTC).isoformat(timespec="seconds") if state else None
    return {
        "name": view.node.name,
        "this": view.node.name == own,
        "address": view.node.address,
        "state": view.words,
        "leads": None if leads is None else view.node.name == leads,
        "since": since,
        "version": state.version if state else None,
        "behind": view.behind if state else None,
    }
