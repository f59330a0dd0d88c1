"""All figures of a run: tables and targets for people, JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from bench.figure import Figure, Grid


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run found."""

    quick: bool
    figures: Sequence[Figure]

    def json(self) -> str:
        """For programs."""
        found = {
            figure.name: {
                "values": figure.values,
                "targets": [{**asdict(one), "met": one.met} for one in figure.targets],
                "tables": [asdict(grid) for grid in figure.grids],
            }
            for figure in self.figures
        }
        return json.dumps({"machine": _machine(), "quick": self.quick, "figures": found}, indent=1, ensure_ascii=False)

    def write(self, path: Path) -> None:
        """Write the JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{self.json()}\n")

    def show(self, console: Console) -> None:
        """Print the tables, and the targets at the end."""
        for figure in self.figures:
            for grid in figure.grids:
                _print(console, grid)
        targets = [(figure.name, one) for figure in self.figures for one in figure.targets]
        rows = [
            (name, one.what, f"{one.value:.2f}", one.wanted, "met" if one.met else "NOT met") for name, one in targets
        ]
        _print(console, Grid("targets", ("", "", "found", "wanted", ""), rows))


def _print(console: Console, grid: Grid) -> None:
    console.print(f"[bold]{grid.title}[/bold]", highlight=False, soft_wrap=True)
    console.print(_table(grid))


def _table(grid: Grid) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for rank, heading in enumerate(grid.headings):
        table.add_column(heading, justify="right" if rank and heading else "left")
    for row in grid.rows:
        table.add_row(*row)
    return table


def _machine() -> dict[str, object]:
    return {"processors": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()}
