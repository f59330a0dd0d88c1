"""A copy of a whole MariaDB database, before it is migrated."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from carillon.stores.sql.database import Database, place_of


def dump(database: Database, target: Path) -> None:
    """Write the whole database as SQL to a new file, mode 0600. Raises `OSError`.

    From this node's own server, or from another one: a member that is about to start is upgraded before it runs.
    """
    own = [["--socket", database.socket]] if database.socket else []
    words = ""
    for place in (*own, *(_place_options(database, host) for host in database.hosts)):
        words = _dumped(database, place, target)
        if not words:
            return
    raise OSError(words)


def _dumped(database: Database, place: Sequence[str], target: Path) -> str:
    """What is in the way, "" for nothing."""
    with (
        tempfile.NamedTemporaryFile("w", prefix="carillon-", suffix=".cnf") as login,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy,
    ):
        login.write(f"[client]\nuser={_option(database.user)}\npassword={_option(database.password)}\n")
        login.flush()
        command = ["mariadb-dump", f"--defaults-file={login.name}", *place, "--single-transaction", database.name]
        done = subprocess.run(command, stdout=copy, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        target.unlink()
    return done.stderr.strip() or "mariadb-dump failed" if done.returncode else ""


def _place_options(database: Database, host: str) -> list[str]:
    place = place_of(host)
    options = ["--protocol=TCP", f"--host={place['host']}", f"--port={place['port']}"]
    if database.ca is None:
        return options
    return [*options, f"--ssl-ca={database.ca}", f"--ssl-cert={database.certificate}", f"--ssl-key={database.key}"]


def _option(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
