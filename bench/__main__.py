"""`make bench`: tables on the terminal, JSON in var/bench/latest.json."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from bench import own_network
from bench.figures import FIGURES
from bench.lab import Lab
from bench.progress import Progress
from bench.report import Report
from bench.rounds import Void

LATEST = Path("var/bench/latest.json")


def main() -> int:
    """Run the cases; 1 when calls failed again and again."""
    options = _options()
    own_network.enter()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: sys.exit(1))  # so that every process ends with us
    try:
        report = _run(options.only or list(FIGURES), options.quick)
    except Void as void:
        print(f"make bench: {void}", file=sys.stderr)
        return 1
    report.write(options.to)
    if options.json:
        print(report.json())
    else:
        report.show(Console(width=None if sys.stdout.isatty() else 120))
        print(f"JSON: {options.to}")
    return 0


def _run(names: list[str], quick: bool) -> Report:
    progress = Progress()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="carillon-bench-")))
        lab = Lab(folder, stack, progress, quick)
        figures = []
        for rank, name in enumerate(names, 1):
            progress.say(f"[bold]{name}[/bold], case {rank} of {len(names)}")
            figures.append(FIGURES[name](lab))
    return Report(quick, figures)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="CASE", help=f"only these of {', '.join(FIGURES)}")
    parser.add_argument("--quick", action="store_true", help="fewer calls and rounds: some minutes, rougher figures")
    parser.add_argument("--json", action="store_true", help="print JSON in place of tables")
    parser.add_argument("--to", type=Path, default=LATEST, help=f"where the JSON goes ({LATEST})")
    options = parser.parse_args()
    for name in options.only:
        if name not in FIGURES:
            parser.error(f"there is no case {name!r}; choose among {', '.join(FIGURES)}.")
    return options


if __name__ == "__main__":
    sys.exit(main())
