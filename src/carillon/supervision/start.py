"""Starting a system, and waiting until every component is healthy."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from carillon.confgen.apply import apply
from carillon.confgen.system import System
from carillon.confgen.targets import engines
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.supervision.leftovers import end, leftovers
from carillon.supervision.owndatabase import at_hand
from carillon.supervision.ports import require_free
from carillon.supervision.prepare import lay_out, load_system, require_root
from carillon.supervision.status import Status, status
from carillon.supervision.stop import remove_run
from carillon.supervision.supervisor import states
from carillon.system.paths import SystemPaths

PATIENCE_S = 60.0
"""A node needs some seconds to start; on a machine that has much else to do, several times as many."""
STEP_S = 0.1
LOG_LINES = 8
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}

Report = Callable[[Status], None]


def prepare(paths: SystemPaths) -> System:
    """Check, lay out and configure the system, so that its supervisor can be started.

    Raises `Refused` with what is in the way; nothing of this system runs then that didn't before.
    """
    require_root()
    with at_hand(paths):
        return _prepared(paths)


def _prepared(paths: SystemPaths) -> System:
    system = load_system(paths)
    with alone(paths):
        if states(paths.supervisor_socket) is not None:
            raise Refused("dir", f"the system in {paths.directory} is running already; `carillon down` stops it.")
        for name in engines(paths):
            end(leftovers(paths.run / name))
        require_free(system.node, siblings=bool(system.siblings))
        try:
            lay_out(system)
            apply(system)
        except BaseException:
            remove_run(paths)
            raise
        return system


def supervisor_command(system: System, foreground: bool) -> list[str]:
    """The arguments that start this system's supervisor."""
    command = [str(system.interpreter), "-m", "supervisor.supervisord"]
    command += ["--configuration", str(system.paths.run / "supervisord.conf")]
    if not foreground:
        return command
    return ["setpriv", "--pdeathsig", "TERM", "--", *command, "--nodaemon", "--silent"]


def start_supervisor(system: System) -> None:
    """Start the supervisor in the background. Raises `Refused` with its words when it doesn't start."""
    done = subprocess.run(
        supervisor_command(system, foreground=False),
        env=_ENVIRONMENT,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Refused("supervisor", f"didn't start: {(done.stderr or done.stdout).strip()[-500:]}")


def foreground_supervisor(system: System) -> subprocess.Popen[bytes]:
    """Start the supervisor as a child in a session of its own, so that Ctrl-C reaches only us."""
    return subprocess.Popen(
        supervisor_command(system, foreground=True), env=_ENVIRONMENT, cwd="/", start_new_session=True
    )


def await_healthy(paths: SystemPaths, node: Node, report: Report, patience_s: float = PATIENCE_S) -> Status:
    """Ask until every component is healthy, telling `report` each time.

    Raises `Refused` with the component, its last log lines and what to do, after `patience_s` seconds.
    """
    deadline = time.monotonic() + patience_s
    while True:
        now = status(paths, node)
        report(now)
        if now.works:
            return now
        if time.monotonic() > deadline:
            raise _unhealthy(paths, now)
        time.sleep(STEP_S)


def _unhealthy(paths: SystemPaths, now: Status) -> Refused:
    sick = next(component for component in now.components if not component.healthy)
    tail = "\n".join(f"    {line}" for line in _last_lines(paths, sick.name))
    return Refused(
        sick.name,
        f"isn't healthy: {sick.problem}.\n  Its last words, from {paths.logs}/{sick.name}.log:\n{tail}\n"
        f"  Mend what it says, then run `carillon down` and `carillon up`.",
    )


def _last_lines(paths: SystemPaths, name: str) -> list[str]:
    try:
        return (paths.logs / f"{name}.log").read_text(errors="replace").splitlines()[-LOG_LINES:]
    except FileNotFoundError:
        return ["(none)"]


@contextmanager
def alone(paths: SystemPaths) -> Iterator[None]:
    """Only one `up` of a system at a time: a lock on its directory, which leaves no file behind."""
    directory = os.open(paths.directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Refused("dir", f"the system in {paths.directory} is just being started.") from error
    finally:
        os.close(directory)
