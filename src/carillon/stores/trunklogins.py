"""Users and passwords of the trunks that ask for one: a file below /run that only the service user reads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

Logins = Mapping[tuple[str, str], tuple[str, str]]


def write(path: Path, logins: Logins, owner_uid: int) -> None:
    """Put the logins (user, password) by (domain, trunk) in force, whole or not at all; raises OSError."""
    rows = [[*key, *login] for key, login in sorted(logins.items())]
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(rows, file)
    os.chown(unfinished, owner_uid, -1)
    unfinished.rename(path)


def read(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """The logins in force; none when the file is missing or unreadable."""
    try:
        rows = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {(domain, name): (user, password) for domain, name, user, password in rows}
