"""What of a system a satellite is told: all that calls need, and of secrets only those of its own branch."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from carillon.model.change import Noun, Subject
from carillon.model.node import Node
from carillon.model.voicemail import LONGEST_S, MOST
from carillon.provisioning.lastnodes import LastNodes
from carillon.stores import compiled
from carillon.stores.directory import DirectoryReader
from carillon.stores.directoryfile import TABLES, Row, Rows, Step
from carillon.stores.sql.directory import step_of
from carillon.stores.sql.feed import Position, last_position, next_delta
from carillon.system.paths import SystemPaths

SITE_OF_ACCOUNT = 6 + compiled.PARTY.split(", ").index("site")
"""Behind domain, user name, both HA1, encryption and priority."""
STEPS = 10
"""Read at once, at most: a thousand changes, some 20 kB on the link."""
TRUNK_NAME, ROUTE_TRUNK, ROUTE_SITE = 1, 2, 3


def restricted(step: Step, satellite: Node) -> Step:
    """The same step as this satellite gets it; whose account is none of its branch is forgotten there."""
    tables = [(table, [*rows]) for table, rows in step.rows]
    allowed = {row[ROUTE_TRUNK] for table, rows in tables if table == "route" for row in _own_routes(rows, satellite)}
    gone = {
        Subject(Noun.DEVICE, str(row[0]), str(row[1]))
        for table, rows in tables
        if table == "account"
        for row in rows
        if not _works_there(row, satellite)
    }
    touched = None if step.touched is None else step.touched | gone
    return replace(
        step, touched=touched, rows=[(table, _kept(table, rows, satellite, allowed)) for table, rows in tables]
    )


def steps(connection: Connection, there: Position, satellite: Node) -> list[tuple[Position, Step]]:
    """The next steps of a satellite that is `there`, each with where it begins; none where it must get everything."""
    found: list[tuple[Position, Step]] = []
    while len(found) < STEPS and (delta := next_delta(connection, there)):
        found.append((there, restricted(step_of(delta), satellite)))
        if delta.position == there or delta.position == last_position(connection):
            break
        there = delta.position
    return found


def whole(directory: Path, satellite: Node) -> Iterator[Step]:
    """All that a main's directory holds, restricted; its rows are read while they are taken. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"{directory.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        opened.isolation_level = None
        opened.execute("BEGIN")  # one moment, however long it takes to send
        position = Position(*opened.execute("SELECT sequence, mark FROM state").fetchone())
        allowed = {row[ROUTE_TRUNK] for row in _own_routes(opened.execute("SELECT * FROM route"), satellite)}
        yield Step(position, None, _tables(opened, satellite, allowed))


def _tables(opened: sqlite3.Connection, satellite: Node, allowed: set[object]) -> Rows:
    for table in TABLES:
        if table != "state":
            yield table, _kept(table, opened.execute(f'SELECT * FROM "{table}"'), satellite, allowed)  # noqa: S608


def _kept(table: str, rows: Iterable[Row], satellite: Node, allowed: set[object]) -> Iterable[Row]:
    if table == "account":
        return (row for row in rows if _works_there(row, satellite))
    if table == "mailbox":
        return _mailboxes(rows, satellite)
    if table == "route":
        return _routes(rows, satellite, allowed)
    if table == "trunk":
        return (row for row in rows if row[0] == satellite.default_domain and row[TRUNK_NAME] in allowed)
    return rows


def _routes(rows: Iterable[Row], satellite: Node, allowed: set[object]) -> Iterator[Row]:
    """All by the trunks that it may use, also those of other sites: they say whose line a trunk is."""
    return (row for row in rows if row[0] == satellite.default_domain and row[ROUTE_TRUNK] in allowed)


def _own_routes(rows: Iterable[Row], satellite: Node) -> Iterator[Row]:
    """Those for everybody, and those of the branch."""
    for row in rows:
        if row[0] == satellite.default_domain and row[ROUTE_SITE] in ("", satellite.site):
            yield row


def _works_there(account: Row, satellite: Node) -> bool:
    return _is_at(account[0], json.loads(str(account[SITE_OF_ACCOUNT]))[0], satellite)


def _is_at(domain: object, site: object, satellite: Node) -> bool:
    return (domain, site) == (satellite.default_domain, satellite.site)


def _mailboxes(rows: Iterable[Row], satellite: Node) -> Iterator[Row]:
    """Of people of other sites what somebody at the branch needs who leaves a message there, and no more."""
    for row in rows:
        domain, extension, site, _, _, *how_much = row
        if _is_at(domain, site, satellite):
            yield row
        elif how_much != [LONGEST_S, MOST]:
            yield (domain, extension, site, None, True, *how_much)


def aside(paths: SystemPaths, satellite: Node, last: LastNodes) -> dict[str, Any]:
    """What daemons need besides the directory: the nodes, the domains, the logins of trunks that it may use."""
    reader = DirectoryReader(paths.run_directory)
    routes = reader.outbound(satellite.default_domain)
    reader.close()
    allowed = {route.trunk for route in routes if route.site in (None, satellite.site)}
    logins = [
        row
        for row in json.loads(paths.trunk_logins.read_text())
        if row[0] == satellite.default_domain and row[1] in allowed
    ]
    nodes = sorted((last.own, *last.siblings), key=lambda one: one.name)
    return {"nodes": [asdict(one) for one in nodes], "domains": [*last.domains], "logins": logins}


def print_of(aside: dict[str, Any]) -> str:
    """What differs when anything in it does."""
    return hashlib.sha256(json.dumps(aside, sort_keys=True).encode()).hexdigest()[:16]
