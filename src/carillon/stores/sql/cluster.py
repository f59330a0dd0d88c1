"""How the cluster of the database is, as one of its servers sees it."""

from __future__ import annotations

from dataclasses import dataclass

from carillon.stores.sql.database import Database, cluster_status

_WORDS = {"Synced": "in sync", "Donor/Desynced": "sends another member what it lacks", "Joined": "catches up"}


@dataclass(frozen=True, slots=True)
class ClusterState:
    """`has_majority` says whether it takes changes; `size` counts members and witnesses that are together with it.

    `present` are the databases (HOST:PORT) of the members among them, `state` is its own in words.
    """

    has_majority: bool
    size: int
    state: str
    present: tuple[str, ...]

    @property
    def witnesses(self) -> int:
        """How many only vote."""
        return self.size - len(self.present)


def has_left(database: Database) -> bool:
    """Whether this node's own server could not write what the others wrote, and is in no cluster since."""
    import pymysql

    try:
        return cluster_status(database).get("wsrep_local_state_comment") == "Inconsistent"
    except pymysql.MySQLError:
        return False


def cluster_state(database: Database) -> ClusterState | None:
    """What this node's own server says, or the first of the others; None for a server alone, or when none answers."""
    import pymysql

    try:
        said = cluster_status(database)
    except pymysql.MySQLError:
        return None
    if not int(said.get("wsrep_cluster_size", 0)):
        return None
    state = said.get("wsrep_local_state_comment", "")
    return ClusterState(
        said.get("wsrep_cluster_status") == "Primary",
        int(said["wsrep_cluster_size"]),
        _WORDS.get(state, state.lower()),
        tuple(one for one in said.get("wsrep_incoming_addresses", "").split(",") if one and one != "AUTO"),
    )
