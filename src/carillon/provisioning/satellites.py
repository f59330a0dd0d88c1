"""Use cases of satellites, where they differ from those of other nodes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Engine

from carillon.model.node import SATELLITE, Node
from carillon.provisioning import nodes, sites
from carillon.provisioning.nodes import NodeView
from carillon.stores.sql.engine import reading

LONGEST_NAME = 32


def planned(
    engine: Engine, like: Node, site: str, address: str, name: str | None = None, *, asterisk: bool = True
) -> Node:
    """The satellite that is to stand at a site, on the ports of `like`; named as the site if not otherwise.

    Where a satellite of that name was removed, it is `liege-2`: who has that one's machine can show its name.

    Raises `Refused` when there is no such site.
    """
    where = sites.show(engine, site).site
    own = name or _free(engine, re.sub(r"[^a-z0-9-]+", "-", where.name.lower()).strip("-")[:LONGEST_NAME])
    place = {"default_domain": where.domain, "country": where.country, "role": SATELLITE, "site": where.name}
    none = {"advertise": None, "address6": None, "drained": False, "member": False}
    return replace(like, name=own, address=address, asterisk=asterisk, **place, **none)  # type: ignore[arg-type]


def _free(engine: Engine, name: str) -> str:
    """A satellite that is there already, or never joined, keeps its name."""
    with reading(engine) as connection:
        there = {one.name for one in nodes.all_nodes(engine)}
        return name if name in there else nodes.free_name(connection, name)


def listing(engine: Engine) -> Sequence[NodeView]:
    """All satellites by name, and how they are."""
    return [view for view in nodes.listing(engine) if view.node.is_satellite]
