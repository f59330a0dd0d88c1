"""Where a node keeps the system's secrets: what lasts in its directory, and what its workers read while it runs."""

from __future__ import annotations

import os
import pwd
import secrets
from pathlib import Path

from carillon.model.refused import Refused
from carillon.stores.secretring import FIRST, Ring
from carillon.system.paths import SERVICE_USER, SystemPaths

BYTES = 32


def ring_of(paths: SystemPaths) -> Ring:
    """What this node has. Raises OSError when it has nothing, `Refused` for what is damaged."""
    try:
        return Ring.read(paths.secrets)
    except FileNotFoundError:
        return Ring(FIRST, paths.secret.read_bytes())
    except ValueError as error:
        raise Refused(
            paths.secrets.name, f"is damaged ({error}); remove it: secret.key beside it holds the secret of now."
        ) from error


def place(paths: SystemPaths, ring: Ring) -> None:
    """Keep it and put it in force here, without a restart. Raises OSError; then what was there before counts."""
    _write(paths.secrets, ring.written().encode())
    _write(paths.secret, ring.current)
    if paths.run_secrets.exists():
        lay(paths, ring)


def lay(paths: SystemPaths, ring: Ring) -> None:
    """Where workers read it."""
    _write(paths.run_secrets, ring.written().encode(), pwd.getpwnam(SERVICE_USER).pw_uid)


def ensure_local_key(paths: SystemPaths) -> None:
    """Make the key by which the parts of this machine know each other, when there is none."""
    if not paths.local_key.exists():
        _write(paths.local_key, secrets.token_bytes(BYTES))


def keep_demo_key(paths: SystemPaths) -> None:
    """From here on the demo's passwords don't follow the system's secret."""
    if paths.secret.exists() and not paths.demo_key.exists():
        _write(paths.demo_key, paths.secret.read_bytes())


def _write(file: Path, content: bytes, owner: int = -1) -> None:
    """By rename, and on the disk when this returns: without its secrets a system is nothing."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
        os.fchown(opened.fileno(), owner, -1)
    fresh.replace(file)
