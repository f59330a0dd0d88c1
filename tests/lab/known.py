"""What a node of the lab knows, and whether something comes true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.lab.cluster import DOMAIN, Machine

from carillon.stores.directory import DirectoryReader
from carillon.supervision import waiting


def comes_true(said: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it is so, now or soon."""
    return waiting.comes_true(said, seconds)


def name(machine: Machine, extension: str) -> str | None:
    """Whom calls find on a node."""
    return _name(machine.paths.run_directory, extension)


def kept(machine: Machine, extension: str) -> str | None:
    """Whom calls would find on a node that starts without the database."""
    return _name(machine.paths.last_known / machine.paths.run_directory.name, extension)


def _name(directory: Path, extension: str) -> str | None:
    reader = DirectoryReader(directory)
    party = reader.party(DOMAIN, extension)
    reader.close()
    return party.name if party else None
