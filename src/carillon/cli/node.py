"""`carillon node`: the machines of a system."""

from __future__ import annotations

from typing import Annotated

import typer

from carillon.cli.context import Cli, commands

app = commands("The machines of a system. They share its people, numbers and trunks; any of them takes any call.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The node: 1 to 32 of a-z 0-9 -.")]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    address: Annotated[str, typer.Option(metavar="IP", help="The address that phones reach it at.")],
    advertise: Annotated[str | None, typer.Option(metavar="IP", help="What phones beyond a NAT see.")] = None,
    address6: Annotated[str | None, typer.Option(metavar="IP", help="Its IPv6 address beside an IPv4 one.")] = None,
    database: Annotated[
        bool,
        typer.Option("--database/--no-database", help="Whether it holds the database, too, as a member of a cluster."),
    ] = True,
    witness: Annotated[
        bool, typer.Option("--witness", help="A machine that only votes on the database, and runs nothing else.")
    ] = False,
) -> None:
    """Add a node; prints the command that makes the new machine one. The system must be up.

    The first time, the system's truth moves from its file into a MariaDB on this node; nothing is lost. The database
    outlives each node while more than half of its members and witnesses are together: two nodes need a witness.

    Example: `carillon node add ghent --address 192.0.2.11`

    Example: `carillon node add --witness bruges --address 192.0.2.12`
    """
    from dataclasses import asdict, replace

    from carillon.provisioning.system import load_node
    from carillon.supervision import adding

    cli = Cli.of(context)
    if witness:
        _add_witness(cli, name, address)
        return
    own = load_node(cli.paths)
    told = {"name": name, "address": address, "advertise": advertise, "address6": address6, "member": database}
    new = replace(own, drained=False, **told)  # type: ignore[arg-type]
    sequence, key = adding.add(cli.paths, cli.who, new, lambda sentence: typer.echo(sentence, err=True))
    if cli.json:
        cli.show({**asdict(new), "key": str(key), "sequence": sequence}, "Node")
        return
    typer.echo(f"Node {name} added. On the new machine, with this version of Carillon, run within an hour:")
    typer.echo(f"  carillon --dir {cli.paths.directory} node join {key}")


def _add_witness(cli: Cli, name: str, address: str) -> None:
    from carillon.supervision import witnesses

    sequence, file = witnesses.add(cli.paths, cli.who, witnesses.address_of(cli.paths, name, address))
    if cli.json:
        cli.show({"name": name, "address": address, "script": str(file), "sequence": sequence}, "Witness")
        return
    typer.echo(f"Witness {name} added. Copy {file} to {address}, run it there as root (`sh {file.name}`),")
    typer.echo("and remove both copies: it holds the key of the witness.")


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

    While the database is away it says so, what to do, and what this node knows by itself.

    Example: `carillon node list`
    """
    from carillon.cli.nodelist import rows

    cli = Cli.of(context)
    cli.show(rows(cli), "Nodes")


@app.command()
def drain(
    context: typer.Context,
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Let it work as before again.")] = False,
) -> None:
    """Empty a node: others do what one does for all, and its phones are to find another one; calls there go on.

    Says how many phones and calls are still there, and when the last registration ends; so does `carillon node list`.

    Example: `carillon node drain ghent`
    """
    from dataclasses import asdict

    from carillon.cli.left import left
    from carillon.provisioning import nodes

    cli = Cli.of(context)
    sequence = nodes.set_drained(cli.truth, cli.who, name, not undo)
    said: dict[str, object] = {"name": name, "drained": not undo}
    if undo:
        cli.done(f"Node {name} works as before again.", said, sequence)
        return
    found = left(cli, [view.node for view in nodes.listing(cli.truth) if view.node.name == name]).get(name)
    words = f" {found.words}" if found else ""
    cli.done(f"Node {name} is drained.{words}", {**said, **(asdict(found) if found else {})}, sequence)


@app.command()
def leave(context: typer.Context, name: Name) -> None:
    """Forget a node, which must be down, or a witness, which must be stopped. Its machine keeps its files.

    `carillon node wipe`, run there, removes the secrets of the system from it.

    Example: `carillon node leave ghent`
    """
    from carillon.provisioning.witnesses import all_witnesses
    from carillon.supervision import adding, witnesses

    cli = Cli.of(context)
    voting = {one.name: one for one in all_witnesses(cli.truth)}
    if name in voting:
        sequence = witnesses.remove(cli.paths, cli.who, voting[name])
    else:
        sequence = adding.remove(cli.paths, cli.who, name)
        typer.echo("Its machine still has the system's secrets: run `carillon node wipe` there.", err=True)
    cli.done(f"Node {name} has left.", {"name": name}, sequence)


@app.command()
def wipe(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--everything", help="Voice messages and recordings too, which no other node has.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Remove the system's secrets, its database and its settings from this machine, whose node has left.

    Voice messages and recordings stay, unless you say otherwise. Asks first.

    Example: `carillon node wipe`
    """
    from carillon.supervision import wiping

    cli = Cli.of(context)
    has_left = wiping.require_left(cli.paths)
    kept = () if everything else wiping.lasting(cli.paths)
    if not yes:
        if not has_left:
            typer.echo("No database of the system answers: nobody can say whether this node has left.", err=True)
        typer.confirm(f"Remove the system in {cli.paths.directory} from this machine?", abort=True, err=True)
    gone = [str(place) for place in wiping.wipe(cli.paths, everything=everything)]
    stays = "".join(f" {place} stays; `--everything` would remove it." for place in kept)
    said = {"removed": gone, "kept": [str(place) for place in kept]}
    cli.say(f"The system's secrets are removed from this machine.{stays}", said)


@app.command()
def alone(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Take changes again on this node, when most of the database's members and witnesses are gone for good.

    Asks first: a member that is only cut off, and goes on alone too, can't be put together with this one again.

    Example: `carillon node alone`
    """
    from carillon.supervision import alone as going
    from carillon.supervision.prepare import require_root

    require_root()
    cli = Cli.of(context)
    behind = going.require_away(cli.paths)
    if not yes:
        typer.echo(
            f"Left behind: {', '.join(behind)}. What was changed there and isn't here yet would be lost: of nodes that"
            " wait for each other, go on with the one whose data reach furthest, as `status` says.",
            err=True,
        )
        typer.confirm("Are those down, and will none of them go on alone?", abort=True, err=True)
    going.go_on(cli.paths)
    cli.say("This node's database takes changes again; others join it when they come back.", {"left_behind": behind})
