"""A minimal native presence server: presence.cfg.jinja beside this, with the values of our own one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.people import DOMAIN, Person
from carillon.confgen.kamailio.target import quote
from carillon.confgen.presence.target import Context
from carillon.confgen.templates import render
from carillon.model.node import Node
from carillon.supervision.location import ensure_location
from carillon.system.paths import SystemPaths

WATCHED = 21
"""So many are watched by anybody in the cases."""


@dataclass(frozen=True, slots=True)
class Native:
    """What the native script says: our presence server's values, where phones find it, HA1 (MD5) by user name."""

    ours: Context
    address: str
    port: int
    accounts: tuple[tuple[str, str], ...]


def let_watch(paths: SystemPaths, people: Sequence[Person]) -> None:
    """Write everybody down as a watcher of the first of them, as ours does at each subscription.

    The engine would do so itself, and answers 500 whenever its SQLite driver finds another of its workers writing. What
    spares ours most of its writing is taken away.
    """
    rows = [(f"sip:{whom.aor}", one.extension, DOMAIN) for whom in people[:WATCHED] for one in people]
    columns = "presentity_uri, watcher_username, watcher_domain, event, status, reason, inserted_time"
    with closing(sqlite3.connect(paths.subscriptions)) as store, store:
        store.executemany(f"INSERT INTO watchers ({columns}) VALUES (?, ?, ?, 'presence', 1, '', 1)", rows)  # noqa: S608
    ensure_location(paths.state)
    with closing(sqlite3.connect(paths.subscriptions)) as store, store:
        store.execute("DROP TRIGGER numbers_alone")


def text(ours: Context, node: Node, people: Iterable[Person]) -> str:
    """The configuration of the native presence server."""
    accounts = tuple((person.extension, person.ha1("md5")) for person in people)
    context = Native(ours, node.address, node.sip_port, accounts)
    return render(Path(__file__).parent, ("presence.cfg",), context, quote)["presence.cfg"]
