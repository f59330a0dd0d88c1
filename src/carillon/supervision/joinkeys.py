"""One-time keys by which a new node joins: what the new node is told, and what the old one remembers of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from carillon.model.refused import Refused
from carillon.system.paths import SystemPaths

VALID_S = 3600.0
WRONG_GUESSES = 20
"""After so many wrong secrets for a name, its key is worth nothing any more."""
GONE = "the key was used or is older than an hour"
"""Said by the node that listens for others still, and by the new one when nobody listens any more."""


@dataclass(frozen=True, slots=True)
class JoinKey:
    """`name` is the new node; it asks at `address` (HOST:PORT), whose certificate has this `fingerprint` (SHA-256)."""

    name: str
    address: str
    fingerprint: str
    secret: str

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(list(asdict(self).values())).encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> JoinKey:
        """Read what `node add` printed. Raises `Refused`."""
        try:
            padded = text.strip() + "=" * (-len(text.strip()) % 4)
            values = json.loads(base64.urlsafe_b64decode(padded.encode()))
            if len(values) != 4 or not all(isinstance(value, str) for value in values):
                raise ValueError
            return cls(*values)
        except (ValueError, TypeError) as error:
            raise Refused("key", "isn't a join key; copy all of what `carillon node add` printed.") from error


def offer(paths: SystemPaths, name: str, address: str, fingerprint: str) -> JoinKey:
    """A new key for a node, good for an hour and once; an older one for it is worth nothing any more."""
    key = JoinKey(name, address, fingerprint, secrets.token_urlsafe(24))
    rows = {each: row for each, row in _rows(paths).items() if row["until"] > time.time()}
    rows[name] = {"secret": _hash(key.secret), "until": time.time() + VALID_S, "guesses": 0}
    _write(paths, rows)
    return key


def waiting(paths: SystemPaths) -> bool:
    """Whether a node may still join."""
    return any(row["until"] > time.time() for row in _rows(paths).values())


def require(paths: SystemPaths, name: str, secret: str) -> None:
    """Raise `Refused` unless this is the key of that node."""
    rows = _rows(paths)
    row = rows.get(name)
    if row is None:
        raise Refused(
            "key",
            f"no node {name} is awaited: {GONE}; `carillon node add` makes another one.",
        )
    if row["until"] <= time.time():
        raise Refused("key", f"was good for an hour, which is over; `carillon node add {name}` makes another one.")
    if not hmac.compare_digest(row["secret"], _hash(secret)):
        row["guesses"] += 1
        _write(paths, {each: one for each, one in rows.items() if one["guesses"] < WRONG_GUESSES})
        raise Refused("key", f"isn't the one of {name}; copy all of what `carillon node add` printed last.")


def spend(paths: SystemPaths, name: str) -> None:
    """A key is good once."""
    _write(paths, {each: row for each, row in _rows(paths).items() if each != name})


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _file(paths: SystemPaths) -> Path:
    return paths.cluster / "join.json"


def _rows(paths: SystemPaths) -> dict[str, dict[str, Any]]:
    try:
        return dict(json.loads(_file(paths).read_text()))
    except (OSError, ValueError):
        return {}


def _write(paths: SystemPaths, rows: Mapping[str, Mapping[str, Any]]) -> None:
    fresh = _file(paths).with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        json.dump(rows, opened)
    fresh.replace(_file(paths))
