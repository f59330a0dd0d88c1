"""The processes of each component, read from /proc: which are stopped, how much processor time they used."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
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


def process_groups(wanted: Collection[int], proc: Path = PROC) -> dict[int, ProcessGroup]:
    """These process groups by their numbers, those that there are; 0, of the kernel's threads, is nobody's."""
    groups: dict[int, ProcessGroup] = {}
    for pid, words in _stats(wanted, proc):
        state, number, cpu_s = words[0], int(words[2]), (int(words[11]) + int(words[12])) * _TICK_S
        known = groups.get(number, ProcessGroup())
        stopped = known.stopped | {pid} if state == STOPPED else known.stopped
        groups[number] = ProcessGroup(stopped, known.cpu_s + cpu_s, known.at_work or state in AT_WORK)
    return groups


def _stats(wanted: Collection[int], proc: Path) -> Iterator[tuple[int, list[str]]]:
    """Each process of these groups with the words of its `stat` from the state on (proc(5)), but those that end now."""
    for name in os.listdir(proc):
        if name.isdigit():
            try:  # the number of a group costs a twentieth of a look at its file
                if (number := os.getpgid(int(name))) == 0 or number not in wanted:
                    continue
                text = (proc / name / "stat").read_text(errors="replace")
            except OSError:
                continue
            yield int(name), text.rpartition(")")[2].split()
