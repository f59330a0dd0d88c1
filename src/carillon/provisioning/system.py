"""A whole system: made, opened, and its changes put in force."""

from __future__ import annotations

import getpass
import os
import pwd
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import DatabaseError

from carillon.model.change import Noun, Subject
from carillon.model.domain import Domain, domain_name
from carillon.model.e164 import country_code
from carillon.model.node import SIP_PORT, Node
from carillon.model.refused import Refused
from carillon.model.witness import Witness
from carillon.provisioning import places
from carillon.provisioning.changes import record
from carillon.provisioning.domains import insert_domain
from carillon.provisioning.lastnodes import LastNodes
from carillon.provisioning.trunkkey import TrunkKey
from carillon.stores import calendarsources, namesources, trunklogins
from carillon.stores import nameservice as told_service
from carillon.stores.directory import refresh
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import (
    AtMains,
    Busy,
    DatabaseAway,
    copy_sqlite,
    open_database,
    open_sqlite,
    reading,
    repeated,
    writing,
)
from carillon.stores.sql.migrate import pending, revision, upgrade
from carillon.stores.sql.tables import node
from carillon.system.paths import SERVICE_USER, SystemPaths

FIRST_NODE = "node1"
SECRET_BYTES = 32


@repeated
def create_system(
    directory: Path,
    domain: str,
    address: str,
    advertise: str | None = None,
    country: str = "BE",
    sip_port: int = SIP_PORT,
    address6: str | None = None,
) -> Node:
    """Make a system with one node, its default domain and its secret. Raises `Refused`; starts nothing.

    Where `database.json` lies in the directory already, its truth is in the empty MariaDB that the file names.
    """
    paths = SystemPaths.of(directory)
    home = Domain(domain_name(domain))
    new = Node(
        FIRST_NODE,
        home.name,
        address,
        advertise,
        country_code("country", country),
        sip_port=sip_port,
        tls_port=sip_port + 1,
        address6=address6,
    )
    if _is_taken(paths):
        raise Refused("dir", f"there is a system in {paths.directory} already; choose another directory.")
    _make_directory(paths)
    _put_aside(paths.voicemail)
    engine = _migrated(paths)
    with writing(engine) as connection:
        _insert_first(connection, home, new)
    return new


def open_truth(paths: SystemPaths, told: Callable[[str], None] = lambda sentence: None) -> Engine:
    """The truth of the system, with the tables of this version. Raises `Refused` when there is no system.

    That of an older version is copied first, then migrated; `told` gets a sentence that says so.
    """
    if not paths.exists:
        raise Refused(
            "dir", f"there is no system in {paths.directory}; `carillon create` makes one, `make run` the demo."
        )
    return _migrated(paths, told)


def load_node(paths: SystemPaths) -> Node:
    """The node that this machine is. Raises `Refused` when there is no system."""
    return load_nodes(paths)[0]


def load_nodes(paths: SystemPaths) -> tuple[Node, tuple[Node, ...]]:
    """The node that this machine is, and all others by name; as last known when the database is away or can't tell now.

    Raises `Refused` when there is no system.
    """
    try:
        return _load_nodes(paths)
    except (DatabaseAway, Busy):
        last = last_nodes(paths)
        if last is None:
            raise
        return last.own, last.siblings


def other_mains(paths: SystemPaths) -> tuple[Node, ...]:
    """The mains among all others, in the order in which they are asked. Raises `Refused` when there is no system."""
    return tuple(one for one in load_nodes(paths)[1] if not one.is_satellite)


def last_nodes(paths: SystemPaths) -> LastNodes | None:
    """What was last known of the nodes; on a satellite at least what there was when it joined."""
    return LastNodes.read(paths.last_nodes) or LastNodes.read(paths.satellite)


def load_witnesses(paths: SystemPaths) -> tuple[Witness, ...]:
    """What only votes on the database; as last known when that is away."""
    from carillon.provisioning.witnesses import all_witnesses  # it needs what is below

    try:
        return all_witnesses(follow_truth(paths))
    except (DatabaseAway, Busy):
        last = last_nodes(paths)
        return last.witnesses if last else ()


def _load_nodes(paths: SystemPaths) -> tuple[Node, tuple[Node, ...]]:
    with reading(follow_truth(paths)) as connection:
        known = {row["name"]: Node(**row) for row in connection.execute(select(node).order_by(node.c.name)).mappings()}
    if not known:
        raise Refused("dir", f"the system in {paths.directory} has no node; remove it and create it again.")
    own = _own_name(paths, known)
    return known.pop(own), tuple(known.values())


def _own_name(paths: SystemPaths, known: Mapping[str, Node]) -> str:
    try:
        own = paths.node.read_text().strip()
    except FileNotFoundError:
        if len(known) == 1:
            return next(iter(known))
        raise Refused("node", f"{paths.node} is missing; write there which this is: {', '.join(known)}.") from None
    if own not in known:
        raise Refused("node", f"{own!r} in {paths.node} isn't a node of this system; choose {', '.join(known)}.")
    return own


def default_domain(paths: SystemPaths) -> str:
    """The domain of an extension without one. Raises `Refused` when there is no system."""
    with reading(open_truth(paths)) as connection:
        return places.default_domain(connection)


def put_in_force(paths: SystemPaths) -> bool:
    """Show running calls the truth as it is now. False when the system doesn't run: then the start does it.

    Raises `Refused` when the change is kept and calls can't see it yet.
    """
    if not paths.run.is_dir():
        return False
    try:
        try:
            show_truth(paths, open_truth(paths))
        except DatabaseAway:  # a server went away in the midst; the next one is waited for
            show_truth(paths, open_truth(paths))
    except (OSError, sqlite3.Error) as error:
        raise Refused(
            "directory", f"the change is kept, but calls don't see it yet ({error}); run this as root."
        ) from error
    return True


def show_truth(paths: SystemPaths, truth: Engine) -> int:
    """Bring all that calls read up to the truth; return the sequence that is in force then.

    Raises `Refused` when the database is away, `sqlite3.Error` or `OSError` when a file can't be written.
    """
    from carillon.provisioning import books, calendars, nameservice, trunks  # they need what is above

    sequence = refresh(truth, paths.run_directory, _owner())
    trunklogins.write(paths.trunk_logins, trunks.logins(truth), TrunkKey.of(paths).path, _owner())
    namesources.write(paths.name_sources, books.sources(truth), _owner())
    calendarsources.write(paths.calendar_sources, calendars.sources(truth), _owner())
    own = paths.node.read_text().strip() if paths.node.exists() else None
    told_service.write(paths.name_service, nameservice.service(truth, own), _owner())
    return sequence


def follow_truth(paths: SystemPaths) -> Engine:
    """The truth, for reading: a shared one as it is, also when a newer node has migrated it. Raises `Refused`."""
    return _opened(paths) if paths.database.exists() else open_truth(paths)


def administrator() -> str:
    """Who changes the system, for the journal: the person behind sudo, else the user of this process."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def _owner() -> int:
    """The user who reads the directory: the daemons' one, except when we couldn't give him the file anyway."""
    return pwd.getpwnam(SERVICE_USER).pw_uid if os.geteuid() == 0 else os.geteuid()


def _migrated(paths: SystemPaths, told: Callable[[str], None] = lambda sentence: None) -> Engine:
    engine = _opened(paths)
    try:
        if old := pending(engine):
            told(f"This system is of an older version: {_copied(paths, old)} is a copy of it; now it is migrated.")
        upgrade(engine)
    except DatabaseError as error:
        raise Refused("truth", f"{paths.truth} can't be read ({error.orig}); restore a backup of it.") from error
    return engine


def _opened(paths: SystemPaths) -> Engine:
    if paths.satellite.exists():
        raise _at_mains(paths)
    if paths.database.exists():
        return open_database(Database.read(paths.database))
    try:
        return open_sqlite(paths.truth)
    except OSError as error:
        raise Refused("dir", f"{paths.truth} can't be opened ({error.strerror}); run this as root.") from error


def _at_mains(paths: SystemPaths) -> AtMains:
    last = last_nodes(paths)
    mains = ", ".join(f"{one.name} at {one.address}" for one in last.siblings if not one.is_satellite) if last else "?"
    return AtMains("dir", f"this machine is a satellite; do that on a main ({mains}), and it is in force here, too.")


def _is_taken(paths: SystemPaths) -> bool:
    if not paths.database.exists():
        return paths.truth.exists()
    with reading(_opened(paths)) as connection:
        return revision(connection) is not None and connection.execute(select(node.c.name)).first() is not None


def _copied(paths: SystemPaths, old: str) -> Path:
    """Copy a truth before its migration."""
    now, shared = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f"), paths.database.exists()
    copy = paths.directory / f"carillon-{old}-{now}.{'sql' if shared else 'db'}"
    try:
        if shared:
            from carillon.stores.sql.dump import dump

            dump(Database.read(paths.database), copy)
        else:
            copy_sqlite(paths.truth, copy)
    except (OSError, sqlite3.Error) as error:
        raise Refused("dir", f"{copy} can't be written ({error}); make room, then try again.") from error
    return copy


def _put_aside(voicemail: Path) -> None:
    """Messages of a system that was in this directory before are nobody's here; they are kept beside."""
    if os.geteuid() == 0 and voicemail.is_dir() and any(voicemail.iterdir()):
        voicemail.rename(voicemail.with_name(f"voicemail-until-{datetime.now(UTC):%Y%m%dT%H%M%S}"))


def _make_directory(paths: SystemPaths) -> None:
    try:
        paths.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused("dir", f"{paths.directory} can't be made ({error.strerror}); choose another one.") from error
    descriptor = os.open(paths.secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as secret:
        secret.write(secrets.token_bytes(SECRET_BYTES))


def _insert_first(connection: Connection, home: Domain, new: Node) -> None:
    who = administrator()
    insert_domain(connection, who, home, new.country)
    connection.execute(insert(node).values(**asdict(new)))
    state = {key: None if value is None else str(value) for key, value in asdict(new).items()}
    record(connection, who, Subject(Noun.NODE, home.name, new.name), None, state)
