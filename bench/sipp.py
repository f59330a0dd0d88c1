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
SLACK_S = 20

Peer = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Traffic:
    """What became of the calls of one phase, as the side that made them saw it."""

    succeeded: int
    failed: int
    retransmissions: int
    words: str = ""

    def is_clean(self, calls: int) -> bool:
        """Whether every call went as written, and little had to be said twice (at most once in 20 calls)."""
        return (self.succeeded, self.failed) == (calls, 0) and 20 * self.retransmissions <= calls

    def __str__(self) -> str:
        words = f"; {self.words}" if self.words else ""
        return f"{self.succeeded} as they should, {self.failed} failed, {self.retransmissions} retransmissions{words}"


@contextmanager
def answering(at: Peer, folder: Path, scenario: str = "answers", *options: str) -> Iterator[None]:
    """Answer every call at this address, as the called number says, or as another scenario does."""
    process = subprocess.Popen(
        [*_command(scenario, at), *options],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def run(scenario: str, at: Peer, to: Peer, fields: Sequence[str], rate: int, folder: Path) -> Traffic:
    """Run a scenario for each line of `fields`, `rate` a second; what doesn't end in time has failed."""
    lines, statistics, errors = (folder / name for name in ("fields.csv", "statistics.csv", "errors"))
    lines.write_text("\n".join(("SEQUENTIAL", *fields)) + "\n")
    errors.unlink(missing_ok=True)
    options = ["-m", str(len(fields)), "-r", str(rate), "-l", str(max(len(fields), 10)), "-inf", str(lines)]
    options += ["-trace_stat", "-stf", str(statistics), "-fd", "1", "-trace_err", "-error_file", str(errors)]
    options += ["-timeout", f"{len(fields) // rate + SLACK_S}s", "-timeout_error"]
    command = [*_command(scenario, at), *options, f"{to[0]}:{to[1]}"]
    subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return _traffic(statistics, errors)


def _command(scenario: str, at: Peer) -> list[str]:
    file = SCENARIOS / f"{scenario}.xml"
    return [PROGRAM, "-sf", str(file), "-i", at[0], "-p", str(at[1]), "-bind_local", "-nostdin"]


def _traffic(statistics: Path, errors: Path) -> Traffic:
    with statistics.open(newline="") as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    said = errors.read_text(errors="replace").strip().splitlines() if errors.exists() else []
    words = said[1][-200:] if len(said) > 1 else ""  # the first line is a heading
    return Traffic(int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), int(last["Retransmissions(C)"]), words)
