"""Use cases of nodes: the machines of a system. What they run is another matter (`supervision`)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from carillon.model.change import Noun, Subject
from carillon.model.node import SATELLITE, Node
from carillon.model.refused import Refused
from carillon.provisioning.changes import State, last, record
from carillon.provisioning.witnesses import witnesses_of
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.nodestates import NodeState, node_states
from carillon.stores.sql.tables import change, node, nodestate


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node and what it told of itself; None when it has told nothing yet. `behind` counts changes."""

    node: Node
    state: NodeState | None
    behind: int

    @property
    def words(self) -> str:
        """How it is, in a word or two."""
        if self.state is None:
            return "not joined"
        if not self.state.up:
            return "down"
        return "drained" if self.node.drained else "up"

    @property
    def branch_words(self) -> str:
        """What is wrong with a satellite; "" for nothing, and for a main."""
        if not self.node.is_satellite or self.state is None:
            return "" if self.state or not self.node.is_satellite else "has not joined yet"
        late = f"{self.behind} changes behind" if self.behind > 1 else "1 change behind" if self.behind else ""
        silent = "" if self.state.up else f"silent for {self.state.silent_s:.0f} s"
        return ", ".join(filter(None, (silent, late)))


def all_nodes(engine: Engine) -> tuple[Node, ...]:
    """All nodes by name."""
    with reading(engine) as connection:
        return _all(connection)


def require_addable(engine: Engine, new: Node) -> None:
    """Raise `Refused` unless there is room for this node."""
    told = node_states(engine)
    with reading(engine) as connection:
        _require_addable(connection, new, told.keys())


def _require_addable(connection: Connection, new: Node, joined: Set[str]) -> Node | None:
    """The node of this name that never joined, if there is one."""
    there = {one.name: one for one in _all(connection)}
    before = there.pop(new.name, None)
    if before is not None and (new.name in joined or not there):
        raise Refused("name", f"there is a node {new.name} already; choose another name, or let it leave first.")
    if before is None and _was_satellite(connection, new.name):
        raise Refused(
            "name",
            f"{new.name} was a satellite that has been removed, and whoever has its machine can still show the"
            f" certificate of that name; choose another name, such as {free_name(connection, new.name)}.",
        )
    if new.name in {one.name for one in witnesses_of(connection)}:
        raise Refused("name", f"there is a witness {new.name} already; choose another name.")
    for one in there.values():
        if shared := {*new.addresses} & {*one.addresses}:
            raise Refused("address", f"{shared.pop()} is the address of {one.name}; each node has its own.")
    return before


def free_name(connection: Connection, like: str) -> str:
    """A name that no node has, and no satellite ever had: `liege`, else `liege-2` …"""
    taken = {one.name for one in _all(connection)}
    names = itertools.chain([like], (f"{like}-{n}" for n in itertools.count(2)))
    return next(name for name in names if name not in taken and not _was_satellite(connection, name))


def _was_satellite(connection: Connection, name: str) -> bool:
    """Whether a satellite of this name was removed, ever: the journal is kept for good."""
    query = select(change.c.before).where(change.c.noun == Noun.NODE, change.c.key == name, change.c.after.is_(None))
    return any(json.loads(before).get("role") == SATELLITE for before in connection.execute(query).scalars() if before)


@repeated
def add(engine: Engine, who: str, new: Node, founder: str | None = None) -> int:
    """Add a node, or name one anew that never joined. Returns the sequence; raises `Refused`.

    `founder` is the node whose server becomes the first member of a cluster.
    """
    told = node_states(engine)
    with writing(engine) as connection:
        before = _require_addable(connection, new, told.keys())
        if before is None:
            connection.execute(insert(node).values(**asdict(new)))
        else:
            connection.execute(update(node).where(node.c.name == new.name).values(**asdict(new)))
        if founder is not None:
            connection.execute(update(node).where(node.c.name == founder).values(member=True))
        return record(connection, who, _subject(new), None if before is None else _state(before), _state(new))


@repeated
def set_drained(engine: Engine, who: str, name: str, drained: bool) -> int:
    """Let a node do no more of what one node does for all, or again. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = _require(connection, name)
        after = replace(before, drained=drained)
        connection.execute(update(node).where(node.c.name == name).values(drained=drained))
        return record(connection, who, _subject(before), _state(before), _state(after))


@repeated
def note_new_secret(engine: Engine, who: str, own: Node) -> int:
    """That somebody renews the system's secret on this node. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        return record(connection, who, _subject(own), {"secret": "former"}, {"secret": "new"})


@repeated
def remove(engine: Engine, who: str, name: str) -> int:
    """Forget a node. Returns the sequence; raises `Refused` for the last one."""
    with writing(engine) as connection:
        gone = _require(connection, name)
        if len(_all(connection)) == 1:
            raise Refused("name", f"{name} is the only node; a system has one at least.")
        _require_members(connection, gone)
        connection.execute(delete(node).where(node.c.name == name))
        connection.execute(delete(nodestate).where(nodestate.c.name == name))
        return record(connection, who, _subject(gone), _state(gone), None)


def _require_members(connection: Connection, gone: Node) -> None:
    """Raise `Refused` if the database would lose its last member, or a witness the cluster in which it votes."""
    rest = [one for one in _all(connection) if one.member and one.name != gone.name]
    if gone.member and not rest:
        raise Refused("name", f"{gone.name} has the database of all nodes; it can't leave.")
    if gone.member and len(rest) == 1 and (voting := witnesses_of(connection)):
        raise Refused(
            "name",
            f"after that one member would be left, and {voting[0].name} could outvote it;"
            f" first stop that witness and run `carillon node leave {voting[0].name}`.",
        )


def listing(engine: Engine) -> Sequence[NodeView]:
    """All nodes by name, and how they are."""
    newest, told = last(engine), node_states(engine)
    return [
        NodeView(one, told.get(one.name), newest - told[one.name].sequence if one.name in told else 0)
        for one in all_nodes(engine)
    ]


def _all(connection: Connection) -> tuple[Node, ...]:
    return tuple(Node(**row) for row in connection.execute(select(node).order_by(node.c.name)).mappings())


def _require(connection: Connection, name: str) -> Node:
    found = {one.name: one for one in _all(connection)}
    if name not in found:
        raise Refused("name", f"there is no node {name}; there are {', '.join(found)}.")
    return found[name]


def _subject(of: Node) -> Subject:
    return Subject(Noun.NODE, of.default_domain, of.name)


def _state(of: Node) -> State:
    said: dict[str, Any] = asdict(of)
    return {name: None if value is None else str(value) for name, value in said.items()}
