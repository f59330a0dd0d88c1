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
from bench.decisions import decisions
from bench.legs import Load, Measured
from bench.lookups import lookups
from bench.report import Report
from bench.rounds import Void, compare, measure
from bench.systems import PHONES, native_script, ours

LATEST = Path("var/bench/latest.json")
_console = Console()


def main() -> int:
    """Run it all; 1 when calls failed again and again."""
    options = _options()
    own_network.enter()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: sys.exit(1))  # so that every process ends with us
    try:
        report = _run(Load(options.calls, options.rate), options.rounds)
    except Void as void:
        print(f"make bench: {void}", file=sys.stderr)
        return 1
    report.show(_console)
    report.write(options.json)
    _console.print(f"JSON: {options.json}")
    return 0


def _run(load: Load, rounds: int) -> Report:
    alone = decisions()
    own_network.add_address(PHONES)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="carillon-bench-")))
        subjects = [stack.enter_context(start(folder)) for start in (native_script, ours)]
        alone += lookups(subjects[-1].directory)
        found = measure(subjects, load, rounds, folder, _tell)
        processes = {subject.name: subject.kamailio.count() for subject in subjects}
    return Report(load, processes, compare(found), found, alone)


def _tell(measured: Measured) -> None:
    word = "" if measured.clean else f"  void: {measured.traffic}"
    _console.print(f"{measured.subject:>6} {measured.leg:<8} {measured.microseconds:7.0f} µs a call{word}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each leg is measured (5)")
    parser.add_argument("--calls", type=int, default=1000, help="calls a leg and round (1000)")
    parser.add_argument("--rate", type=int, default=200, help="calls a second (200)")
    parser.add_argument("--json", type=Path, default=LATEST, help=f"where the figures go ({LATEST})")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
