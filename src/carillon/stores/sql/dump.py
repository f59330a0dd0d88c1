"""A copy of a whole MariaDB database, before it is migrated."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from carillon.stores.sql.database import Database, place_of


def dump(database: Database, target: Path) -> None:
    """Write the whole database as SQL to a new file, mode 0600. Raises `OSError`."""
    place = ["--socket", database.socket] if database.socket else _place_options(database)
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
        raise OSError(done.stderr.strip())


def _place_options(database: Database) -> list[str]:
    place = place_of(database.hosts[0])
    options = ["--protocol=TCP", f"--host={place['host']}", f"--port={place['port']}"]
    if database.ca is None:
        return options
    return [*options, f"--ssl-ca={database.ca}", f"--ssl-cert={database.certificate}", f"--ssl-key={database.key}"]


def _option(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
