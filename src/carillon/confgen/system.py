"""What every target renders from: one installation, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from carillon.model.node import Node
from carillon.model.witness import Witness
from carillon.model.zone import NO_SERVICE, NameService
from carillon.system.paths import SystemPaths


@dataclass(frozen=True, slots=True)
class System:
    """One installation: its node, the names of the domains it serves, its paths, and what it runs with.

    `siblings` are all other nodes, by name, `witnesses` what only votes on the database; `name_service` is what this
    one answers as a name server. `code` is the directory that holds the package `carillon` for the daemons, readable by
    everybody; `python` is the virtual environment.
    """

    node: Node
    domains: tuple[str, ...]
    paths: SystemPaths
    code: Path
    python: Path
    siblings: tuple[Node, ...] = ()
    name_service: NameService = NO_SERVICE
    witnesses: tuple[Witness, ...] = ()

    @property
    def interpreter(self) -> Path:
        """The Python that the daemons run on."""
        return self.python / "bin" / "python"

    @property
    def pythonpath(self) -> str:
        """Where an embedded Python finds our package and its dependencies."""
        libraries = sorted(self.python.glob("lib/python3.*/site-packages"))
        return ":".join(str(path) for path in (self.code, *libraries))
