"""May a system be made in this directory, for this address?"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from pathlib import Path

from carillon.model.refused import Refused


def require_place(directory: Path, *allowed: str) -> None:
    """Raise `Refused` unless `directory` is missing, or a directory without files other than those `allowed`."""
    if directory.exists() and not directory.is_dir():
        raise Refused("dir", f"{directory} is a file; choose a new or empty directory.")
    if directory.is_dir() and any(file.name not in allowed for file in directory.iterdir()):
        raise Refused("dir", f"{directory} isn't empty; choose a new or empty directory.")


def address_warning(address: str) -> str:
    """A sentence when no interface of this machine has `address` now; else empty."""
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return f"address: {address} isn't an address of this machine now; `up` will need it."
    return ""
