"""SIPp, standing in for our Asterisk and for the phones."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = "/usr/bin/sipp"
SCENARIOS = Path(__file__).parent / "scenarios"
SLACK_S = 20.0

Peer = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Traffic:
    """What became of the calls of one phase, as the side that made them saw it."""

    succeeded: int
    failed: int
    retransmissions: int

    def is_clean(self, calls: int) -> bool:
        """Whether every call went as written and nothing had to be said twice."""
        return (self.succeeded, self.failed, self.retransmissions) == (calls, 0, 0)


@contextmanager
def answering(at: Peer, folder: Path) -> Iterator[None]:
    """Answer every call at this address."""
    command = _command("answers", at)
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def call(scenario: str, at: Peer, to: Peer, fields: Sequence[str], rate: int, folder: Path) -> Traffic:
    """Make a call for each line of `fields`, `rate` a second. Raises subprocess.TimeoutExpired."""
    lines = folder / "fields.csv"
    lines.write_text("\n".join(("SEQUENTIAL", *fields)) + "\n")
    statistics = folder / "statistics.csv"
    options = ["-m", str(len(fields)), "-r", str(rate), "-l", str(max(len(fields), 10)), "-inf", str(lines)]
    options += ["-trace_stat", "-stf", str(statistics), "-fd", "1", "-trace_err", "-error_file", str(folder / "errors")]
    command = [*_command(scenario, at), *options, f"{to[0]}:{to[1]}"]
    patience = len(fields) / rate + SLACK_S
    subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=patience, check=False)
    return _traffic(statistics)


def _command(scenario: str, at: Peer) -> list[str]:
    file = SCENARIOS / f"{scenario}.xml"
    return [PROGRAM, "-sf", str(file), "-i", at[0], "-p", str(at[1]), "-bind_local", "-nostdin"]


def _traffic(statistics: Path) -> Traffic:
    with statistics.open(newline="") as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    return Traffic(int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), int(last["Retransmissions(C)"]))
