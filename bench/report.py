"""The figures as tables for people and as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.decisions import Timed
from bench.legs import Load, Measured
from bench.rounds import Comparison, Spread


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run found. `processes` counts each Kamailio's, by subject."""

    load: Load
    processes: Mapping[str, int]
    comparisons: Sequence[Comparison]
    rounds: Sequence[Measured]
    alone: Sequence[Timed]

    def write(self, path: Path) -> None:
        """Write the JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        comparisons = {one.what: {**asdict(one), "ratio": round(one.ratio, 2)} for one in self.comparisons}
        path.write_text(
            json.dumps({"machine": _machine(), **asdict(self), "comparisons": comparisons}, indent=1) + "\n"
        )

    def show(self, console: Console) -> None:
        """Print the tables."""
        console.print(self._calls(), self._alone())
        counts = ", ".join(f"{name} {count}" for name, count in self.processes.items())
        void = sum(not one.clean for one in self.rounds)
        console.print(f"{len(self.rounds)} phases of {self.load.calls} calls, {self.load.rate} a second; {void} void.")
        console.print(f"Processes of Kamailio: {counts}.")

    def _calls(self) -> Table:
        table = Table(title="Kamailio's CPU µs a call (least · median · most); MD5 digest in both")
        for heading in ("", "ours", "native script", "ratio"):
            table.add_column(heading, justify="left" if not heading else "right")
        for one in self.comparisons:
            table.add_row(one.what, _spread(one.ours), _spread(one.native), f"{one.ratio:.2f}")
        return table

    def _alone(self) -> Table:
        table = Table(title="Our parts alone, µs")
        for heading in ("", "median", "p99", "reads"):
            table.add_column(heading, justify="left" if not heading else "right")
        for one in self.alone:
            table.add_row(one.what, f"{one.median:.1f}", f"{one.p99:.1f}", str(one.reads))
        return table


def _spread(spread: Spread) -> str:
    return f"{spread.least:.0f} · {spread.median:.0f} · {spread.most:.0f}"


def _machine() -> dict[str, object]:
    return {"processors": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()}
