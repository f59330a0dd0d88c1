"""Going on alone, on purpose: the database of this node begins anew without the members that are away."""

from __future__ import annotations

from dataclasses import replace

from carillon.confgen.database.target import place
from carillon.model.refused import Refused
from carillon.provisioning.system import load_node, load_witnesses
from carillon.stores.sql.cluster import cluster_state
from carillon.stores.sql.database import Database
from carillon.supervision import memberstart
from carillon.supervision.owndatabase import can_write
from carillon.supervision.supervisor import start_program, states, stop_program
from carillon.supervision.waiting import comes_true
from carillon.system.paths import SystemPaths

PATIENCE_S = 90.0
NAME = "database"


def require_away(paths: SystemPaths) -> tuple[str, ...]:
    """The databases that are left behind; raises `Refused` unless this node has a member without majority.

    One that takes people in isn't left behind: two parts that both take changes can't be put together again. One that
    waits for the cluster, as this one does, joins this one then.
    """
    if not paths.own_database.exists() or not load_node(paths).member:
        raise Refused("node", "this node has no member of the cluster; run it on one that has.")
    if states(paths.supervisor_socket) is None:
        raise Refused("dir", "the system isn't up; start it with `carillon up` first.")
    database, node = Database.read(paths.database), load_node(paths)
    state = cluster_state(replace(database, hosts=()))
    if state is not None and state.has_majority:
        raise Refused("node", "the database takes changes; there is nothing to do.")
    others = tuple(one for one in database.hosts if one != place(node, node.database_port))
    if reached := [one for one in others if memberstart.answers(one)]:
        raise Refused("node", f"{reached[0]} answers; together with it there is a majority, as soon as it is in sync.")
    if voting := [one for one in load_witnesses(paths) if memberstart.listens(place(one, one.port))]:
        raise Refused(
            "node",
            f"the witness {voting[0].name} is there. If no other node is: stop it (`systemctl stop carillon-witness`"
            " there), go on alone, and start it again.",
        )
    return others


def go_on(paths: SystemPaths) -> None:
    """Begin the cluster anew from what this node has. Raises `Refused` when that doesn't work."""
    stop_program(paths.supervisor_socket, NAME)
    memberstart.allow(paths.own_database)
    start_program(paths.supervisor_socket, NAME)
    if not comes_true(lambda: can_write(Database.read(paths.database)), PATIENCE_S):
        raise Refused(NAME, "didn't come up; see `carillon log database`.")
