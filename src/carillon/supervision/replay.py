"""`python -m carillon.supervision.replay STATE -- COMMAND…`: become Kamailio, after mending its file of registrations.

Kamailio writes its registrations behind. What it had accepted and not yet written when it died is in the registration
journal; the supervisor starts it through this, at `up` and after a crash alike. A failure is told and keeps nobody from
starting: a telephone system with fewer registrations is better than none.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from carillon.stores import reserve
from carillon.stores.registrationjournal import Binding, clear, newest
from carillon.stores.registrations import julian

_INSERT = """INSERT OR REPLACE INTO location (username, domain, contact, callid, user_agent, ruid, received, path,
    socket, instance, expires, last_modified, q, cseq, reg_id, cflags, connection_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, -1)"""


def replay(state: Path, now: float) -> int:
    """Put what the journal knows into location.db, and empty the journal; how many AORs it knew.

    Idempotent. `now` in Unix seconds: what has expired is left out. A flow (RFC 5626) over TCP or TLS ended with the
    Kamailio that had it. Raises OSError and sqlite3.Error.
    """
    known = newest(state / "journal")
    with closing(sqlite3.connect(state / "location.db", timeout=5)) as location, location:
        location.execute("PRAGMA synchronous=FULL")
        _put(location, known, now)
        location.execute("DELETE FROM location WHERE reg_id > 0 AND (socket LIKE 'tcp:%' OR socket LIKE 'tls:%')")
    clear(state / "journal")
    return len(known)


def _put(location: sqlite3.Connection, known: Mapping[str, tuple[Binding, ...]], now: float) -> None:
    for aor, bindings in known.items():
        username, _, domain = aor.partition("@")
        location.execute("DELETE FROM location WHERE username = ? AND domain = ?", (username, domain))
        rows = [(username, domain, *_columns(each)) for each in bindings if each.expires > now]
        location.executemany(_INSERT, rows)


def _columns(each: Binding) -> tuple[object, ...]:
    times = julian(each.expires), julian(each.modified)
    optional = (each.received or None, each.path or None, each.socket or None, each.instance or None)
    return (
        each.contact,
        each.call_id,
        each.user_agent,
        each.ruid,
        *optional,
        *times,
        each.q / 1000,
        each.cseq,
        each.reg_id,
        each.flags,
    )


def main(arguments: list[str]) -> None:
    """Replay, and replace this process by the command after `--`. Raises OSError when it can't be executed."""
    state, dashes, *command = arguments
    if dashes != "--" or not command:
        raise SystemExit("usage: python -m carillon.supervision.replay STATE -- COMMAND [ARGUMENT]...")
    try:
        reserve.require(Path(state))
        known = replay(Path(state), time.time())
        print(f"registrations: {known} addresses of the journal restored", flush=True)
    except (OSError, sqlite3.Error) as error:
        print(f"registrations: the journal could not be restored: {error}", flush=True)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
