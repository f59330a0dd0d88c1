"""The DNS of a system: its zones, how nodes stand in them, and which of them are name servers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select

from carillon.model.change import Noun, Subject
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.model.zone import NAMESERVER_PORT, NameService, NodeShare, Zone, host_of
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import default_domain
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import change, domain, node, node_share

SEEN = (Noun.DOMAIN, Noun.NODE, Noun.DNS)
"""Changes of these nouns change zones: the last one's sequence is the serial, the same on every node."""


@repeated
def set(engine: Engine, who: str, name: str, priority: int | None = None, weight: int | None = None) -> int:
    """Change how a node stands in SRV records. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = _share(connection, name)
        after = replace(
            before,
            priority=before.priority if priority is None else priority,
            weight=before.weight if weight is None else weight,
        )
        return _keep(connection, who, before, after)


@repeated
def serve(engine: Engine, who: str, name: str, listen: Iterable[str], port: int = NAMESERVER_PORT) -> int:
    """Make a node a name server on these addresses of its, or none any more. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = _share(connection, name)
        return _keep(connection, who, before, replace(before, listen=tuple(listen), port=port))


def shares(engine: Engine) -> list[NodeShare]:
    """How each node stands, by name."""
    with reading(engine) as connection:
        return list(_shares(connection).values())


def zones(engine: Engine, name: str | None = None) -> tuple[Zone, ...]:
    """The zones of all domains, or that of one. Raises `Refused` when it isn't served."""
    with reading(engine) as connection:
        found = _zones(connection)
    if name is None:
        return found
    wanted = tuple(zone for zone in found if zone.domain == name.lower().removesuffix("."))
    if not wanted:
        raise Refused("domain", f"{name} isn't served here; see `carillon domain list`.")
    return wanted


def service(engine: Engine, name: str | None) -> NameService:
    """What this node, the only one if it has no name, answers as a name server."""
    with reading(engine) as connection:
        known = _shares(connection)
        own = known.get(name) if name else next(iter(known.values()), None)
        if own is None or not own.listen:
            return NameService()
        return NameService(own.listen, own.port, _zones(connection))


def _zones(connection: Connection) -> tuple[Zone, ...]:
    nodes, known = _nodes(connection), _shares(connection)
    hosts = tuple(host_of(each, known[each.name], spare=each.drained) for each in nodes if not each.is_satellite)
    served = {row.name: row.naptr for row in connection.execute(select(domain).order_by(domain.c.name))}
    last = connection.execute(select(func.max(change.c.sequence)).where(change.c.noun.in_(SEEN))).scalar() or 1
    return tuple(
        Zone(name, hosts, tuple(naptr.split()), last, tuple(each for each in served if each.partition(".")[2] == name))
        for name, naptr in served.items()
    )


def _nodes(connection: Connection) -> list[Node]:
    return [Node(**row) for row in connection.execute(select(node).order_by(node.c.name)).mappings()]


def _shares(connection: Connection) -> dict[str, NodeShare]:
    kept = {row["node"]: _share_of(row) for row in connection.execute(select(node_share)).mappings()}
    names = connection.execute(select(node.c.name).order_by(node.c.name)).scalars()
    return {name: kept.get(name, NodeShare(name)) for name in names}


def _share(connection: Connection, name: str) -> NodeShare:
    found = _shares(connection)
    if name not in found:
        raise Refused("node", f"there is no node {name}; choose {', '.join(found)}.")
    return found[name]


def _share_of(row: Any) -> NodeShare:
    return NodeShare(**{**row, "listen": tuple(row["listen"].split())})


def _keep(connection: Connection, who: str, before: NodeShare, after: NodeShare) -> int:
    connection.execute(delete(node_share).where(node_share.c.node == after.node))
    connection.execute(insert(node_share).values(**{**asdict(after), "listen": " ".join(after.listen)}))
    subject = Subject(Noun.DNS, default_domain(connection), after.node)
    return record(connection, who, subject, state(before, "node"), state(after, "node"))
