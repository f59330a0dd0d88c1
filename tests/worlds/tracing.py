"""Reading the workers' decisions from the collector's store, for the ladder of a live scenario."""

from __future__ import annotations

import time

from carillon.collector.inbox import settle
from carillon.collector.intake import unshelved
from carillon.collector.store import rows_where
from carillon.confgen.collector import store_path
from carillon.system.paths import SystemPaths


class Listener:
    """What the collector of a running system knows."""

    def __init__(self, paths: SystemPaths) -> None:
        self._paths = paths

    def ladder(self, since: float) -> str:
        """The decisions since a Unix time, with their rules."""
        settle(self._paths.trace_socket)
        lines: list[str] = []
        for row in map(unshelved, rows_where(store_path(self._paths), "at >= ?", [since])):
            said = f"{row.message} {row.called} from {row.sender or row.address}"
            lines.append(f"+{row.at - since:7.3f} {row.route}: {said} → {row.outcome} {row.detail}")
            lines += [f"            {rule.rule:18} {rule.verdict:14} {rule.fact}" for rule in row.rules]
        return "\n".join(lines)


def now() -> float:
    """The time as the workers write it."""
    return time.time()
