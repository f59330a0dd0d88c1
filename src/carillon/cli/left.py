"""What is left at nodes that are drained."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from carillon.cli.context import Cli
from carillon.cli.siblings import asked

if TYPE_CHECKING:
    from carillon.model.node import Node
    from carillon.siblings.asked import Left


def left(cli: Cli, nodes: Sequence[Node]) -> dict[str, Left]:
    """What is left at each of these nodes, by name; whichever doesn't say it is said on standard error."""
    from carillon.siblings.asked import answered, left_in
    from carillon.siblings.settings import Settings

    try:
        settings = Settings.read(cli.paths.run / "siblings" / "siblings.json")
    except (OSError, ValueError, KeyError):
        return {}  # a node alone, or one that is stopped
    others = [one for one in nodes if one.name != settings.node]
    found = asked(cli, others, "phones and calls", left_in, "left")
    if len(others) < len(nodes):
        found[settings.node] = [left_in(row) for row in answered(settings, ["left"]).get("told", ())]
    return {name: rows[0] for name, rows in found.items() if rows}


def last_ends(cli: Cli, nodes: Sequence[Node]) -> dict[str, str]:
    """When the last registration at each of these nodes ends that has any."""
    ends = {name: time.time() + one.ends_in_s for name, one in left(cli, nodes).items() if one.phones}
    return {name: datetime.fromtimestamp(end, UTC).isoformat(timespec="seconds") for name, end in ends.items()}
