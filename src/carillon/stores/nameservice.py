"""What this node answers as a name server, as the daemon `nameserver` reads it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from carillon.model.zone import Host, NameService, Zone
from carillon.stores.trunklogins import place


def write(file: Path, service: NameService, owner_uid: int) -> None:
    """Put it in force; a file that says so already stays as it is. Raises OSError."""
    text = json.dumps(asdict(service), indent=1).encode()
    if not file.exists() or file.read_bytes() != text:
        place(file, text, owner_uid)


def read(file: Path) -> NameService:
    """What is in force; nothing when the file is missing."""
    try:
        told = json.loads(file.read_text())
    except (OSError, ValueError):
        return NameService()
    return NameService(tuple(told["listen"]), told["port"], tuple(map(_zone, told["zones"])))


def _zone(told: dict[str, Any]) -> Zone:
    hosts = tuple(Host(**{**host, "addresses": tuple(host["addresses"])}) for host in told["hosts"])
    return Zone(**{**told, "hosts": hosts, "naptr": tuple(told["naptr"]), "below": tuple(told["below"])})
