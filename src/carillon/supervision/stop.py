"""Stopping a system, so that nothing of it is left."""

from __future__ import annotations

import shutil

import psutil

from carillon.confgen.targets import ENGINES, SHARED
from carillon.siblings.settings import LEAVING
from carillon.stores import reserve
from carillon.supervision.leftovers import end, kill, leftovers
from carillon.supervision.supervisor import shut_down, silent_supervisor, stop_together, supervisor_pid
from carillon.system.paths import SystemPaths

PATIENCE_S = 15.0
GOODBYE_S = 3.0
_FIRST = tuple(name for name in reversed((*ENGINES, *SHARED)) if name not in ("collector", "redis", "database"))
"""What the others tell and read is there until they are gone; the watchdog ends before it misses anybody."""


def stop(paths: SystemPaths) -> bool:
    """End every process of the system, wait until all are gone, remove the run directory.

    Returns whether anything was running. Works as well when the supervisor has died before.
    """
    reserve.require(paths.state)
    gone = _end_supervisor(paths) or _end_silent_supervisor(paths)
    rest = [process for name in (*ENGINES, *SHARED) for process in leftovers(paths.run / name)]
    end(rest)
    remove_run(paths)
    paths.credentials.unlink(missing_ok=True)
    return gone or bool(rest)


def say_goodbye(paths: SystemPaths) -> None:
    """Have the siblings send nothing more here, before anything stops."""
    if (paths.run / "siblings").is_dir():
        (paths.run / "siblings" / LEAVING).touch()
        stop_together(paths.supervisor_socket, ("siblings",), GOODBYE_S)


def remove_run(paths: SystemPaths) -> None:
    """Remove the run directory, and the directory of all systems when this was the last one."""
    shutil.rmtree(paths.run, ignore_errors=True)
    if paths.run_root.is_dir() and not any(paths.run_root.iterdir()):
        paths.run_root.rmdir()


def _end_silent_supervisor(paths: SystemPaths) -> bool:
    """Kill a supervisor that hangs: its programs end with it."""
    silent = silent_supervisor(paths)
    if silent is None:
        return False
    kill([silent])
    psutil.wait_procs([silent], timeout=PATIENCE_S)
    return True


def _end_supervisor(paths: SystemPaths) -> bool:
    pid = supervisor_pid(paths.supervisor_socket)
    if pid is None:
        return False
    supervisor = psutil.Process(pid)
    below = [supervisor, *supervisor.children(recursive=True)]
    say_goodbye(paths)
    stop_together(paths.supervisor_socket, _FIRST, PATIENCE_S)
    shut_down(paths.supervisor_socket)
    _, alive = psutil.wait_procs(below, timeout=PATIENCE_S)
    end(alive)
    return True
