"""What `carillon node list` shows: what the database says, or what this node knows by itself while that is away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from carillon.cli.context import Cli, Row
from carillon.cli.left import last_ends
from carillon.cli.siblings import asked
from carillon.confgen.database.target import place
from carillon.provisioning import nodes
from carillon.provisioning.lastnodes import LastNodes
from carillon.provisioning.system import load_node
from carillon.provisioning.witnesses import all_witnesses
from carillon.siblings import states as siblingstates
from carillon.siblings.clocks import advice, clock_words, is_ours
from carillon.siblings.secretwords import words
from carillon.stores.secretfiles import ring_of
from carillon.stores.sql.cluster import ClusterState, cluster_state
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import AtMains, DatabaseAway
from carillon.supervision.draining import leader
from carillon.supervision.probes.database import probe_database
from carillon.supervision.supervisor import states

if TYPE_CHECKING:
    from carillon.model.node import Node
    from carillon.model.witness import Witness
    from carillon.provisioning.nodes import NodeView
    from carillon.siblings.asked import Load

_EMPTY: dict[str, object] = dict.fromkeys(
    (
        "name",
        "this",
        "address",
        "state",
        "leads",
        "since",
        "version",
        "behind",
        "database",
        "phones",
        "until",
        "calls",
        "problem",
    )
)


def rows(cli: Cli) -> list[Row]:
    """A row each node and witness. Says on standard error what is wrong when the database is away."""
    own = load_node(cli.paths).name
    try:
        views, witnesses = nodes.listing(cli.truth), all_witnesses(cli.truth)
    except DatabaseAway as away:
        return _known_here(cli, away)
    leads, loads = _leader(cli), _loads(cli, [view.node for view in views])
    cluster = cluster_state(Database.read(cli.paths.database)) if cli.paths.database.exists() else None
    ends = last_ends(cli, [view.node for view in views if view.words == "drained"])
    told = {view.node.name: {**_row(view, own, leads, cluster), **loads.get(view.node.name, {})} for view in views}
    return [
        *({**row, "until": ends.get(name)} for name, row in told.items()),
        *(_witness(one, cluster, len(witnesses)) for one in witnesses),
    ]


def _known_here(cli: Cli, away: DatabaseAway) -> list[Row]:
    """What this node last knew of others, and what it hears of them now."""
    last = LastNodes.read(cli.paths.last_nodes)
    if last is None:
        raise away
    database = Database.read(cli.paths.database) if cli.paths.database.exists() else None
    cluster = cluster_state(replace(database, hosts=())) if database and database.socket else None
    if not isinstance(away, AtMains):
        typer.echo(str(away), err=True)
    if last.own.member and (words := probe_database(cli.paths, last.own).warning):
        typer.echo(f"This node's database: {words}", err=True)
    typer.echo("Below is what this node knows by itself.", err=True)
    heard = {one.name: one.up for one in siblingstates.read(cli.paths.sibling_states)}
    heard[last.own.name] = states(cli.paths.supervisor_socket) is not None
    everybody = sorted((last.own, *last.siblings), key=lambda one: one.name)
    loads = _loads(cli, everybody)
    return [
        *({**_heard(one, last.own.name, heard.get(one.name), cluster), **loads.get(one.name, {})} for one in everybody),
        *(_witness(one, cluster, len(last.witnesses)) for one in last.witnesses),
    ]


def _loads(cli: Cli, nodes: Sequence[Node]) -> dict[str, Row]:
    """How many phones and calls nodes have, and what is not well there, by name; each that is heard says it itself."""
    from carillon.siblings.asked import answered, load_in
    from carillon.siblings.settings import Settings

    try:
        settings = Settings.read(cli.paths.run / "siblings" / "siblings.json")
    except (OSError, ValueError, KeyError):
        return {}  # a node alone, or one that is stopped
    own = [load_in(row) for row in answered(settings, ["load"]).get("told", ())]
    heard = {one.name for one in siblingstates.read(cli.paths.sibling_states) if one.up}
    others = [one for one in nodes if one.name in heard and one.name != settings.node]
    found = {settings.node: own, **asked(cli, others, "phones and calls", load_in, "load")}
    clocks, former = _clocks(cli, settings.node), formers(cli)
    loads = {name: _load(rows[0], clocks.get(name, ""), former.get(name, "")) for name, rows in found.items() if rows}
    return {**{name: {"problem": words} for name, words in former.items()}, **loads}


def formers(cli: Cli) -> dict[str, str]:
    """Who has a former secret still, by node, in words."""
    own = ring_of(cli.paths).version
    found = {one.name: words(one, own) for one in siblingstates.read(cli.paths.sibling_states)}
    return {name: said for name, said in found.items() if said}


def _clocks(cli: Cli, own: str) -> dict[str, str]:
    """What is wrong with clocks, by node."""
    siblings = siblingstates.read(cli.paths.sibling_states)
    if is_ours(siblings):
        return {own: advice(siblings, own)}
    return {one.name: clock_words(one, own) for one in siblings if one.up}


def _load(of: Load, clock: str, former: str) -> Row:
    ailing = f"{', '.join(of.ailing)}: see `carillon status` there" if of.ailing else ""
    return {"phones": of.phones, "calls": of.calls, "problem": "; ".join(filter(None, (ailing, clock, former))) or None}


def _heard(node: Node, own: str, up: bool | None, cluster: ClusterState | None) -> Row:
    state = "drained" if up and node.drained else {None: "unknown", True: "up", False: "down"}[up]
    told = {"name": node.name, "this": node.name == own, "address": node.address, "state": state}
    return {**_EMPTY, **told, "database": _database(node, cluster)}


def _row(view: NodeView, own: str, leads: str | None, cluster: ClusterState | None) -> Row:
    state = view.state
    since = datetime.fromtimestamp(state.since, UTC).isoformat(timespec="seconds") if state else None
    return {
        **_EMPTY,
        "name": view.node.name,
        "this": view.node.name == own,
        "address": view.node.address,
        "state": view.words,
        "leads": None if leads is None else view.node.name == leads,
        "since": since,
        "version": state.version if state else None,
        "behind": view.behind if state else None,
        "database": _database(view.node, cluster),
    }


def _witness(witness: Witness, cluster: ClusterState | None, known: int) -> Row:
    """Nobody says which witness it is that votes; there is one, as a rule."""
    state = "witness, away" if cluster is None or cluster.witnesses < known else "witness"
    told = {"name": witness.name, "this": False, "address": witness.address, "state": state, "leads": False}
    return {**_EMPTY, **told, "database": "votes"}


def _leader(cli: Cli) -> str | None:
    """Who does what one node does for all; None while nobody can say."""
    try:
        return leader(cli.truth)
    except DatabaseAway:
        return None


def _database(node: Node, cluster: ClusterState | None) -> str | None:
    """How its member of the cluster is, seen from here."""
    if not node.member or cluster is None:
        return None
    if place(node, node.database_port) not in cluster.present:
        return "away"
    return "in the cluster" if cluster.has_majority else "without majority"
