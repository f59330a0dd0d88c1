"""A component started for the bench as the product starts it, and the CPU time that it has used."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from carillon.supervision.leftovers import end
from carillon.system.paths import SERVICE_USER

_BASE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class EngineProcess:
    """A running component with its workers."""

    root: psutil.Process

    def cpu_seconds(self) -> float:
        """CPU time, user and system, of the component and everything below it. Raises psutil.NoSuchProcess."""
        times = [process.cpu_times() for process in self._all()]
        return sum(each.user + each.system for each in times)

    def count(self) -> int:
        """How many processes the component is."""
        return len(self._all())

    def _all(self) -> list[psutil.Process]:
        return [self.root, *self.root.children(recursive=True)]


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[EngineProcess]:
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
            yield EngineProcess(root)
        finally:
            below = root.children(recursive=True) if root.is_running() else []
            process.terminate()
            end(below)
            process.wait(timeout=10)
