"""`carillon satellite`: machines at branches, which go on by themselves when the link to the mains is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, Row, commands

if TYPE_CHECKING:
    from carillon.model.node import Node
    from carillon.provisioning.keptchanges import HandedOver
    from carillon.provisioning.nodes import NodeView

app = commands("Satellites: machines at branches, which go on by themselves when the link to the mains is cut.")


@app.command()
def add(
    context: typer.Context,
    site: Annotated[str, typer.Argument(metavar="SITE", help="Where it stands; `carillon site add` makes sites.")],
    address: Annotated[str, typer.Option(metavar="IP", help="The address that phones and mains reach it at.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Its name, if not that of the site.")] = None,
    without_asterisk: Annotated[
        bool,
        typer.Option("--without-asterisk", help="A small one: what needs an Asterisk is done by a main's."),
    ] = False,
) -> None:
    """Add a satellite; prints the command that makes the machine at the branch one. The system must be up.

    It knows people, numbers and trunks as the mains do, and the passwords of phones of its own branch only.

    Example: `carillon satellite add liege --address 192.0.2.50`
    """
    from dataclasses import asdict

    from carillon.provisioning import satellites
    from carillon.provisioning.system import load_node
    from carillon.supervision import adding

    cli = Cli.of(context)
    like = load_node(cli.paths)
    new = satellites.planned(cli.truth, like, site, address, name, asterisk=not without_asterisk)
    sequence, key = adding.add(cli.paths, cli.who, new, lambda sentence: typer.echo(sentence, err=True))
    if cli.json:
        cli.show({**asdict(new), "key": str(key), "sequence": sequence}, "Satellite")
        return
    own = f"carillon --dir {cli.paths.directory}"
    typer.echo(f"Satellite {new.name} added. On its machine, with this version of Carillon, run within an hour:")
    typer.echo(f"  {own} satellite join {key} && {own} up")


@app.command()
def join(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="What `carillon satellite add` printed on a main.")],
) -> None:
    """Make this machine a satellite, in the directory given by `--dir`, which must be new or empty.

    In the directory of a satellite, the key of `carillon satellite key` gives it another certificate, also while it
    runs, and nothing is lost.

    Example: `carillon satellite join WyJsaWVnZSIs…`
    """
    from carillon.cli import node

    cli = Cli.of(context)
    if not cli.paths.satellite.exists():
        node.join(context, key)
        return
    from carillon.confgen.tls import renewing
    from carillon.supervision.joining import join_again
    from carillon.supervision.joinkeys import JoinKey
    from carillon.supervision.prepare import require_root

    require_root()
    own = join_again(cli.paths, JoinKey.parse(key))
    found = renewing.read(cli.paths.cluster)
    ends = f"{found.ends:%Y-%m-%d}" if found else None
    said = {"name": own.name, "address": own.address, "certificate_ends": ends}
    cli.say(f"This machine is the satellite {own.name}, as before; its certificate ends on {ends}.", said)


@app.command("key")
def key_(context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="The satellite.")]) -> None:
    """Print the command that gives a satellite another certificate, when its own has ended. The system must be up.

    Certificates are renewed by themselves: this is for a satellite that was cut off or switched off for a year.

    Example: `carillon satellite key liege`
    """
    from carillon.supervision import adding

    cli = Cli.of(context)
    key = adding.key_again(cli.paths, _known(cli, name))
    if cli.json:
        cli.show({"name": name, "key": str(key)}, "Satellite")
        return
    typer.echo(f"On the machine of {name}, with this version of Carillon, run within an hour:")
    typer.echo(f"  carillon --dir {cli.paths.directory} satellite join {key}")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the satellites: how far behind each is, and since when one is silent.

    Example: `carillon satellite list`
    """
    from carillon.cli.nodelist import formers
    from carillon.provisioning import satellites

    cli = Cli.of(context)
    former = formers(cli)
    cli.show([_row(view, former.get(view.node.name)) for view in satellites.listing(cli.truth)], "Satellites")


def _row(view: NodeView, problem: str | None) -> Row:
    from datetime import UTC, datetime, timedelta

    state = view.state
    silent = state is not None and not state.up
    heard = datetime.now(UTC) - timedelta(seconds=state.silent_s if state else 0)
    return {
        "name": view.node.name,
        "site": view.node.site,
        "domain": view.node.default_domain,
        "address": view.node.address,
        "state": "silent" if silent else view.words,
        "silent_since": heard.isoformat(timespec="seconds") if silent else None,
        "in_force": state.sequence if state else None,
        "behind": view.behind if state else None,
        "version": state.version if state else None,
        "problem": problem if state else None,
    }


@app.command()
def changes(
    context: typer.Context,
    person: Annotated[str | None, typer.Option(metavar="EXTENSION", help="Only what this person changed.")] = None,
    newest: Annotated[int, typer.Option(min=1, help="How many.")] = 100,
) -> None:
    """What people changed while their branch was cut off: on a main what became of it, on a satellite what waits.

    Example: `carillon satellite changes --person 201`
    """
    cli = Cli.of(context)
    if cli.paths.satellite.exists():
        cli.show(_waiting(cli, person)[-newest:], "Changes that wait for a main")
        return
    from carillon.provisioning import keptchanges

    found = keptchanges.listing(cli.truth, newest, person)
    cli.show([_handed_over(one) for one in found], "Changes that satellites kept and handed over")


def _waiting(cli: Cli, person: str | None) -> list[Row]:
    from carillon.model.refused import Refused
    from carillon.satellites.collision import instant
    from carillon.satellites.kept import Journal
    from carillon.stores.ports import StoreDown

    try:
        waiting = Journal(cli.paths.kept_changes).waiting()
    except StoreDown as down:
        raise Refused("dir", f"{down}; run this as root, and see in `carillon status` if a disk is full.") from down
    return [
        {"made": instant(one.at), "who": one.who, "person": one.person, "what": one.what}
        for one in waiting
        if person in (None, one.person, one.person.partition("@")[0])
    ]


def _handed_over(of: HandedOver) -> Row:
    from carillon.satellites.collision import instant

    return {
        "made": instant(of.made),
        "handed_over": instant(of.handed),
        "who": of.who,
        "person": f"{of.subject.key}@{of.subject.domain}",
        "what": of.what,
        "outcome": of.outcome,
        "why": of.why or None,
    }


@app.command()
def remove(context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="The satellite.")]) -> None:
    """Forget a satellite, also one that is up: no main believes it any more. Its machine keeps its files.

    Example: `carillon satellite remove liege`
    """
    from carillon.supervision import adding

    cli = Cli.of(context)
    _known(cli, name)
    sequence = adding.remove(cli.paths, cli.who, name)
    cli.done(f"Satellite {name} is forgotten.", {"name": name}, sequence)


def _known(cli: Cli, name: str) -> Node:
    from carillon.model.refused import Refused
    from carillon.provisioning import satellites

    known = {view.node.name: view.node for view in satellites.listing(cli.truth)}
    if name not in known:
        raise Refused("name", f"there is no satellite {name}; there are {', '.join(known) or 'none'}.")
    return known[name]
