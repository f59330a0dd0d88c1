"""Removing registrations: in the running Kamailio and in its journal, else in the file that the stopped one left."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing, suppress

from carillon.model.refused import Refused
from carillon.stores.registrationjournal import RegistrationJournal
from carillon.stores.registrations import Registration
from carillon.supervision.bound import bound
from carillon.supervision.prepare import require_root
from carillon.supervision.replay import replay
from carillon.supervision.rpc import NotThere, RpcFailed, call
from carillon.system.paths import SystemPaths


def unregister(paths: SystemPaths, chosen: Iterable[Registration]) -> None:
    """Remove these registrations, for good: no crash brings them back. Raises `Refused`."""
    require_root()
    try:
        if paths.kamailio_rpc.exists():
            _in_memory(paths, chosen)
        else:
            _in_file(paths, chosen)
    except (RpcFailed, OSError, sqlite3.Error) as failed:
        raise Refused("registration", f"could not be removed: {failed}; see `carillon status`.") from failed


def _in_memory(paths: SystemPaths, chosen: Iterable[Registration]) -> None:
    aors = dict.fromkeys(f"{each.extension}@{each.domain}" for each in chosen)
    for each in chosen:
        _forget(paths, f"{each.extension}@{each.domain}", each.contact)
    journal = RegistrationJournal(paths.registration_journal)
    for aor in aors:
        moment = journal.moment()
        journal.write(moment, aor, bound(paths.kamailio_rpc, aor))


def _forget(paths: SystemPaths, aor: str, contact: str) -> None:
    """That it has gone meanwhile is as good."""
    with suppress(NotThere):
        call(paths.kamailio_rpc, "ul.rm_contact", "location", aor, contact)


def _in_file(paths: SystemPaths, chosen: Iterable[Registration]) -> None:
    replay(paths.state, time.time())
    keys = [(each.extension, each.domain, each.contact) for each in chosen]
    with closing(sqlite3.connect(paths.state / "location.db", timeout=5)) as location, location:
        location.executemany("DELETE FROM location WHERE username = ? AND domain = ? AND contact = ?", keys)
