"""Is the database of this node healthy, and together with the others of its cluster?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from carillon.confgen.database.target import place
from carillon.confgen.tls import renewing
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning.lastnodes import LastNodes
from carillon.stores.sql.cluster import cluster_state, has_left
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import open_database, reading
from carillon.supervision import memberstart
from carillon.supervision.probes.health import Health
from carillon.system.paths import SystemPaths


def probe_database(paths: SystemPaths, node: Node) -> Health:
    """It takes a statement at its socket."""
    database = Database.read(paths.database)
    try:
        with reading(open_database(replace(database, hosts=()))) as connection:
            version = str(connection.exec_driver_sql("SELECT VERSION()").scalar_one())
    except Refused as refused:
        if words := _without_majority(paths, node, database):
            return Health(warning=words)
        return Health(problem=refused.sentence)
    said = filter(None, (_of_cluster(paths, database), _old_certificate(paths)))
    return Health(version.partition("-")[0], warning="; ".join(said))


def _old_certificate(paths: SystemPaths) -> str:
    """What it shows is what lay there when the node was started."""
    shown = renewing.read(paths.run_database)
    if shown is None or shown.ends - datetime.now(UTC) >= renewing.WARN_BEFORE:
        return ""
    return f"shows other nodes a certificate that ends on {shown.ends:%Y-%m-%d}; `carillon down` and `up` renew it"


def _members(paths: SystemPaths) -> int:
    """How many votes there are when everybody is there."""
    last = LastNodes.read(paths.last_nodes)
    if last is None:
        return 0
    return sum(one.member for one in (last.own, *last.siblings)) + len(last.witnesses)


def _of_cluster(paths: SystemPaths, database: Database) -> str:
    state = cluster_state(database)
    return f"{state.size} of {_members(paths)} of its cluster, {state.state}" if state else ""


def _without_majority(paths: SystemPaths, node: Node, database: Database) -> str:
    """What is said of a member that others must come back to: a warning, since calls go on; empty for any other."""
    state, votes = cluster_state(replace(database, hosts=())), _members(paths)
    if state is not None and not state.has_majority:
        return (
            f"only {state.size} of {votes} of its cluster are together here: it takes no change until others are back;"
            " if they are gone for good, `carillon node alone`"
        )
    if has_left(replace(database, hosts=())):
        return (
            "could not write what the others wrote, as on a full disk, and has left their cluster; theirs are asked,"
            " and it comes back by itself when there is room"
        )
    others = [one for one in database.hosts if one != place(node, node.database_port)]
    if state is not None or not node.member or memberstart.begins(paths.own_database, others):
        return ""
    if any(memberstart.answers(one) for one in others):
        return "is sent by the other members what it lacks; meanwhile theirs are asked"
    sequence = memberstart.reached(paths.run_database)
    far = f" (its data reach change {sequence} of the cluster)" if sequence >= 0 else ""
    return f"waits for the other members of its cluster{far}; if they are gone for good, `carillon node alone`"
