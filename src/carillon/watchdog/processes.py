"""The processes of each component, read from /proc: which are stopped, how much processor time they used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
STOPPED, AT_WORK = "T", "RD"
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """What one look at a process group shows: `cpu_s` seconds used so far, `at_work` one runs or waits for a disk."""

    stopped: frozenset[int] = frozenset()
    cpu_s: float = 0.0
    at_work: bool = False


def process_groups(proc: Path = PROC) -> dict[int, ProcessGroup]:
    """Every process group of the machine by its number; without that of the kernel's threads, 0, which is nobody's."""
    groups: dict[int, ProcessGroup] = {}
    for pid, words in _stats(proc):
        state, number, cpu_s = words[0], int(words[2]), (int(words[11]) + int(words[12])) * _TICK_S
        known = groups.get(number, ProcessGroup())
        stopped = known.stopped | {pid} if state == STOPPED else known.stopped
        groups[number] = ProcessGroup(stopped, known.cpu_s + cpu_s, known.at_work or state in AT_WORK)
    groups.pop(0, None)
    return groups


def _stats(proc: Path) -> Iterator[tuple[int, list[str]]]:
    """Each process with the words of its `stat` from the state on (proc(5)); those that end meanwhile are missing."""
    for name in os.listdir(proc):
        if name.isdigit():
            try:
                text = (proc / name / "stat").read_text(errors="replace")
            except OSError:
                continue
            yield int(name), text.rpartition(")")[2].split()
