"""A witness: a third vote for the database of two nodes, on a machine that runs nothing else of the system."""

from __future__ import annotations

import re
from dataclasses import dataclass

from carillon.model.node import REPLICATION_PORT, require_host_address
from carillon.model.refused import Refused

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class Witness:
    """It listens on TCP `port` of `address` for the members of the cluster. Names are unlike those of nodes."""

    name: str
    address: str
    port: int = REPLICATION_PORT

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise Refused("name", f"{self.name!r} is no node name; use 1 to 32 of a-z 0-9 -")
        require_host_address("address", self.address)
