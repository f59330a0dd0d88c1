"""The processes of each component, read from /proc: which are stopped, how much processor time they used."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

PROC = Path("/proc")
STOPPED, AT_WORK = "T", "RD"
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """What one look at a process group shows: `cpu_s` seconds used so far, `at_work` one runs or waits for a disk.

    `waited_s` is how long its threads had work and no processor was free, all together; see `with_waiting`.
    """

    stopped: frozenset[int] = frozenset()
    cpu_s: float = 0.0
    at_work: bool = False
    pids: frozenset[int] = frozenset()
    waited_s: float = 0.0


def process_groups(wanted: Collection[int], proc: Path = PROC) -> dict[int, ProcessGroup]:
    """These process groups by their numbers, those that there are; 0, of the kernel's threads, is nobody's."""
    groups: dict[int, ProcessGroup] = {}
    for pid, words in _stats(wanted, proc):
        state, number, cpu_s = words[0], int(words[2]), (int(words[11]) + int(words[12])) * _TICK_S
        known = groups.get(number, ProcessGroup())
        stopped = known.stopped | {pid} if state == STOPPED else known.stopped
        at_work = known.at_work or state in AT_WORK
        groups[number] = ProcessGroup(stopped, known.cpu_s + cpu_s, at_work, known.pids | {pid})
    return groups


def with_waiting(group: ProcessGroup, proc: Path = PROC) -> ProcessGroup:
    """The same with `waited_s`: a file of each thread, so it is read of those only who don't answer.

    Without it, one that the others leave no processor to looks idle. 0 where the kernel doesn't count it.
    """
    files = (file for pid in group.pids for file in (proc / str(pid) / "task").glob("*/schedstat"))
    return replace(group, waited_s=sum(map(_waited_s, files)))


def _waited_s(file: Path) -> float:
    try:
        return int(file.read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


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
