"""A further node for a system: its truth is shared first, if it wasn't."""

from __future__ import annotations

import hashlib
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import text

from carillon.confgen.apply import own
from carillon.confgen.database.target import place
from carillon.confgen.system import System
from carillon.confgen.tls.authority import CERTIFICATE, ensure_authority, issue, keep
from carillon.follower import lastknown
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning import nodes
from carillon.provisioning.system import load_node, open_truth, put_in_force
from carillon.provisioning.trunkkey import TrunkKey
from carillon.stores.sql.copy import copy_truth
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import copy_sqlite, open_database, writing
from carillon.supervision import joinkeys, memberstart, owndatabase
from carillon.supervision.joinkeys import JoinKey
from carillon.supervision.prepare import load_system, require_root
from carillon.supervision.reconfigure import reconfigure
from carillon.supervision.start import alone
from carillon.supervision.supervisor import states
from carillon.supervision.waiting import comes_true
from carillon.system.paths import SystemPaths

Told = Callable[[str], None]


def add(paths: SystemPaths, who: str, new: Node, told: Told) -> tuple[int, JoinKey]:
    """Add a node, and make the key by which it joins; the sequence of the change, and the key. Raises `Refused`.

    The first that is to be a `member` makes a cluster of the database, which restarts for that; where the database is
    one that the administrator runs, none is a member.
    """
    require_root()
    if states(paths.supervisor_socket) is None:
        raise Refused("dir", "the system must be up, since the new node asks it; `carillon up` starts it.")
    own_node = load_node(paths)
    with alone(paths):
        if paths.database.exists():
            sequence, system = _added(paths, who, own_node, new, told)
        else:
            sequence, system = _shared(paths, who, own_node, new, told)
        again = reconfigure(system)
        if again:
            told(f"Put in force here: {', '.join(again)}.")
        database = Database.read(paths.database)
        if not comes_true(lambda: owndatabase.can_write(database), owndatabase.PATIENCE_S):
            raise Refused("database", "doesn't answer; see `carillon log database`.")
    return sequence, _offered(paths, own_node, new.name)


def key_again(paths: SystemPaths, satellite: Node) -> JoinKey:
    """A key by which a satellite that is there already gets another certificate. Raises `Refused`."""
    require_root()
    if states(paths.supervisor_socket) is None:
        raise Refused("dir", "the system must be up, since the satellite asks it; `carillon up` starts it.")
    return _offered(paths, load_node(paths), satellite.name)


def _offered(paths: SystemPaths, own_node: Node, name: str) -> JoinKey:
    shown = ssl.PEM_cert_to_DER_cert((paths.cluster / CERTIFICATE).read_text())
    address = place(own_node, own_node.join_port)
    key = joinkeys.offer(paths, name, address, hashlib.sha256(shown).hexdigest())
    if not comes_true(lambda: _listens(own_node), owndatabase.PATIENCE_S):
        raise Refused("follower", "doesn't await the new node; see `carillon log follower`.")
    return key


def _added(paths: SystemPaths, who: str, own_node: Node, new: Node, told: Told) -> tuple[int, System]:
    """A node more for a database that is shared already."""
    truth = open_truth(paths)
    nodes.require_addable(truth, new)
    there = nodes.all_nodes(truth)
    founds = new.member and not any(one.member for one in there)
    database = Database.read(paths.database)
    if founds and not paths.own_database.exists():
        having = [one.name for one in there if place(one, one.database_port) in database.hosts]
        if having:
            raise Refused("name", f"{having[0]} has the database: add {new.name} there, or with `--no-database` here.")
        founds, new = False, replace(new, member=False)
    if founds:
        owndatabase.require_installed(member=True)
        told("The database becomes a cluster, and restarts for that; calls go on, and changes wait for some seconds.")
    with _founding(paths, database, founds):
        sequence = nodes.add(truth, who, new, own_node.name if founds else None)
    put_in_force(paths)
    system = load_system(paths)
    owndatabase.follow_members(paths, (system.node, *system.siblings))
    return sequence, system


@contextmanager
def _founding(paths: SystemPaths, database: Database, founds: bool) -> Iterator[None]:
    """Before others hear of it: this node's server begins the cluster at its next start."""
    if not founds:
        yield
        return
    owndatabase.lay_secrets(paths, database, member=True)
    memberstart.allow(paths.own_database)
    try:
        yield
    except BaseException:
        (paths.own_database / memberstart.STATE).unlink()
        raise


def _shared(paths: SystemPaths, who: str, own_node: Node, new: Node, told: Told) -> tuple[int, System]:
    """Move the truth into a MariaDB of this node's own, with the new node in it."""
    owndatabase.require_installed(member=new.member)
    truth = open_truth(paths)
    nodes.require_addable(truth, new)
    told("This system's people, numbers and trunks move into a database that nodes can share.")
    TrunkKey.of(paths).ensure()
    ensure_authority(paths.cluster)
    keep(paths.cluster, issue(paths.cluster, own_node))
    paths.node.write_text(f"{own_node.name}\n")
    database = owndatabase.install(paths, own_node)
    try:
        with owndatabase.running(paths, database):
            rows = _move(paths, database)
            told(f"{rows} rows moved; {_kept(paths)} is what the system had until now.")
            with _founding(paths, database, new.member):
                sequence = nodes.add(open_truth(paths), who, new, own_node.name if new.member else None)
            put_in_force(paths)
            own(paths.follower_report.parent)
            lastknown.keep(paths, open_truth(paths))
            system = load_system(paths)
            owndatabase.follow_members(paths, (system.node, *system.siblings))
            return sequence, system
    except BaseException:
        if not paths.database.exists():
            shutil.rmtree(paths.own_database, ignore_errors=True)
        raise


def _move(paths: SystemPaths, database: Database) -> int:
    """All rows, while nobody can write: who waits for that finds his table gone, and is told to try again."""
    source, target = open_truth(paths), open_database(database)
    with writing(source) as locked:
        copied = copy_truth(source, target)
        copy_sqlite(paths.truth, paths.directory / _kept(paths))
        database.write(paths.database)
        locked.execute(text('ALTER TABLE "change" RENAME TO moved'))
    for file in paths.directory.glob(f"{paths.truth.name}*"):
        file.unlink()
    return sum(copied.values())


def _kept(paths: SystemPaths) -> str:
    return f"{paths.truth.stem}-before-nodes.db"


def _listens(node: Node) -> bool:
    """Whether a new node that asks now is heard."""
    try:
        socket.create_connection((node.address, node.join_port), 2).close()
    except OSError:
        return False
    return True


def _has_single(paths: SystemPaths, node: Node) -> bool:
    """Whether it has the only server of the database."""
    if node.member or not paths.database.exists():
        return False
    return place(node, node.database_port) in Database.read(paths.database).hosts


def remove(paths: SystemPaths, who: str, name: str) -> int:
    """Let a node leave that is down. Returns the sequence of the change; raises `Refused`."""
    truth = open_truth(paths)
    found = {view.node.name: view for view in nodes.listing(truth)}
    view = found.get(name)
    is_main = view is not None and not view.node.is_satellite  # a satellite may be stolen, and up
    if view is not None and is_main and view.words in ("up", "drained") and len(found) > 1:
        raise Refused("name", f"{name} is up; run `carillon down` there first, or wait until it is known to be down.")
    if view is not None and _has_single(paths, view.node):
        raise Refused("name", f"{name} has the database of all nodes; it can't leave.")
    sequence = nodes.remove(truth, who, name)
    if paths.database.exists():
        owndatabase.follow_members(paths, nodes.all_nodes(truth))
    return sequence
