"""Users and passwords of trunks that ask for one: sealed, the key beside them; only the service user reads both."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

Logins = Mapping[tuple[str, str], tuple[str, str]]


def write(path: Path, sealed: Logins, key: Path, owner_uid: int) -> None:
    """Put logins (user, sealed password) by (domain, trunk) in force, and the key that opens them; raises OSError."""
    if key.exists():
        place(_key_of(path), key.read_bytes(), owner_uid)
    rows = [[*trunk, *login] for trunk, login in sorted(sealed.items())]
    place(path, json.dumps(rows).encode(), owner_uid)


def read(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """The logins in force, passwords opened; none when a file is missing or does not fit its key."""
    from cryptography.fernet import Fernet, InvalidToken  # only who asks pays for it

    try:
        rows = json.loads(path.read_text())
        if not rows:
            return {}
        key = Fernet(_key_of(path).read_bytes())
        return {(domain, name): (user, key.decrypt(sealed).decode()) for domain, name, user, sealed in rows}
    except (OSError, ValueError, InvalidToken):
        return {}


class LoginReader:
    """The logins in force; files are read and passwords opened only when one of them has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: object = None
        self._logins: dict[tuple[str, str], tuple[str, str]] = {}

    def logins(self) -> Logins:
        """As `read`, but for two looks at the file system when nothing has changed."""
        seen = (stamp(self._path), stamp(_key_of(self._path)))
        if seen != self._seen:
            self._logins, self._seen = read(self._path), seen
        return self._logins


def stamp(path: Path) -> tuple[int, int] | None:
    """What changes when a file is replaced; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _key_of(path: Path) -> Path:
    return path.with_name("trunk.key")


def opened(path: Path, sealed: str) -> str:
    """A sealed text by the key that lies beside `path`; "" when there is none, or it doesn't fit."""
    from cryptography.fernet import Fernet, InvalidToken

    try:
        return Fernet(_key_of(path).read_bytes()).decrypt(sealed.encode()).decode() if sealed else ""
    except (OSError, ValueError, InvalidToken):
        return ""


def place(path: Path, content: bytes, owner_uid: int) -> None:
    """Write a file that only `owner_uid` may read, by rename: several may do so at once. Raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chown(name, owner_uid, -1)
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
