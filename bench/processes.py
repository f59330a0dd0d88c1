"""A component that the bench starts, and what components cost: CPU time and memory, from /proc."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from carillon.supervision.leftovers import end
from carillon.system.paths import SERVICE_USER

_BASE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}

Parts = Mapping[str, Sequence[psutil.Process]]
"""The processes of a system by component."""


def tree(root: psutil.Process) -> list[psutil.Process]:
    """A process and everything below it."""
    return [root, *root.children(recursive=True)]


def cpu_seconds(parts: Parts) -> dict[str, float]:
    """CPU time by component, user and system, with that of children that have ended. Raises psutil.NoSuchProcess."""
    return {name: sum(sum(each.cpu_times()[:4]) for each in processes) for name, processes in parts.items()}


def finer_cpu_seconds(parts: Parts) -> dict[str, float]:
    """The same to the microsecond, of threads that are there at both ends: for what takes less than some ticks."""
    return {name: sum(_nanoseconds(each.pid) for each in processes) / 1e9 for name, processes in parts.items()}


def memory_kib(parts: Parts) -> dict[str, int]:
    """Memory by component, KiB: the proportional set size, which counts what processes share once."""
    return {name: sum(_pss_kib(each.pid) for each in processes) for name, processes in parts.items()}


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[psutil.Process]:
    """Run a component as the service user; at the end it and its children are gone."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            env={**_BASE, **environment},
            user=SERVICE_USER,
            group=SERVICE_USER,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
        )
        root = psutil.Process(process.pid)
        try:
            yield root
        finally:
            below = root.children(recursive=True) if root.is_running() else []
            process.terminate()
            end(below)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
            process.wait()


def _nanoseconds(pid: int) -> int:
    """Raises psutil.NoSuchProcess."""
    try:
        return sum(int((each / "schedstat").read_text().split()[0]) for each in Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError as error:
        raise psutil.NoSuchProcess(pid) from error


def _pss_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise ValueError(f"process {pid}: no Pss in smaps_rollup")
