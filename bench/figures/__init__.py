"""The cases of `make bench`, in the order in which they run: memory first, on a system that nobody has used."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.figure import Figure
from bench.figures import (
    calls,
    crowd,
    decide,
    features,
    importing,
    memory,
    node,
    nodes,
    phones,
    presence,
    recordings,
    registrations,
    rows,
)
from bench.lab import Lab

FIGURES: Mapping[str, Callable[[Lab], Figure]] = {
    "decide": decide.found,
    "memory": memory.found,
    "calls": calls.found,
    "node": node.found,
    "nodes": nodes.found,
    "registrations": registrations.found,
    "import": importing.found,
    "crowd": crowd.found,
    "features": features.found,
    "rows": rows.found,
    "phones": phones.found,
    "presence": presence.found,
    "recordings": recordings.found,
}
