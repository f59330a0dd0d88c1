"""Which nodes, witnesses and domains there were when the database was last seen: what a start needs without it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from carillon.model.node import Node
from carillon.model.witness import Witness


@dataclass(frozen=True, slots=True)
class LastNodes:
    """This machine's node, all others by name, the names of the domains, and the witnesses."""

    own: Node
    siblings: tuple[Node, ...]
    domains: tuple[str, ...]
    witnesses: tuple[Witness, ...] = ()

    def write(self, file: Path) -> None:
        """Keep them, for root alone, by rename. Raises `OSError`."""
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            json.dump(asdict(self), opened)
        fresh.rename(file)

    @classmethod
    def read(cls, file: Path) -> LastNodes | None:
        """What was kept; None when nothing was, or by another version."""
        try:
            said = json.loads(file.read_text())
            siblings = tuple(Node(**one) for one in said["siblings"])
            witnesses = tuple(Witness(**one) for one in said.get("witnesses", ()))
            return cls(Node(**said["own"]), siblings, tuple(said["domains"]), witnesses)
        except (OSError, ValueError, TypeError, KeyError):
            return None
