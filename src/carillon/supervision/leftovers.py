"""Processes that outlived the one which started them: Kamailio's workers keep the ports after a kill -9."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psutil

RECORD = "process-group"
PATIENCE_S = 2.0


def record_own_group(run: Path) -> None:
    """Note the process group of this process in `run`, so that a later start can find what is left of it."""
    (run / RECORD).write_text(f"{os.getpgrp()}\n")


def recorded_group(run: Path) -> int | None:
    """The process group noted in `run`; None when there is none."""
    try:
        return int((run / RECORD).read_text())
    except (FileNotFoundError, ValueError):
        return None


def leftovers(run: Path, only: int | None = None) -> list[psutil.Process]:
    """Processes of the group noted in `run` whose command line names `run`, except this one.

    Nobody when it is another group than `only`, if that is given: the engine was started anew.
    """
    group = recorded_group(run)
    if group is None or only not in (None, group):
        return []
    return [process for process in psutil.process_iter() if _belongs(process, group, run)]


def _belongs(process: psutil.Process, group: int, run: Path) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        return os.getpgid(process.pid) == group and any(str(run) in word for word in process.cmdline())
    except (ProcessLookupError, PermissionError, psutil.Error):
        return False


def end(processes: list[psutil.Process], patience_s: float = PATIENCE_S) -> None:
    """Ask these processes to end, make those that haven't after `patience_s` seconds, and wait for them."""
    for process in processes:
        _send(process.terminate)
    _, alive = psutil.wait_procs(processes, timeout=patience_s)
    for process in alive:
        _send(process.kill)
    psutil.wait_procs(alive, timeout=patience_s)


def kill(processes: list[psutil.Process]) -> None:
    """Kill these processes at once, stopped ones too; whoever started them sees to the rest."""
    for process in processes:
        _send(process.kill)


def _send(signal: Callable[[], None]) -> None:
    try:
        signal()
    except psutil.NoSuchProcess:
        return
