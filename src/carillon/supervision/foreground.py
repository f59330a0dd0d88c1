"""A system that lives as long as this process: for the demo, and for systemd."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from carillon.confgen.system import System
from carillon.model.refused import Refused
from carillon.supervision.progress import Progress
from carillon.supervision.start import await_healthy, foreground_supervisor, prepare
from carillon.supervision.status import Status
from carillon.supervision.stop import say_goodbye, stop
from carillon.system.paths import SystemPaths

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AskedToEnd(BaseException):
    """Somebody pressed Ctrl-C or sent a signal; no error, so no `except Exception` may swallow it."""


def live(paths: SystemPaths, when_healthy: Callable[[System], None], quiet: bool = False) -> None:
    """Run the system until a signal comes or `carillon down` ends it; then nothing of it is left.

    Calls `when_healthy` once every component is. Raises `Refused` when the system doesn't start.
    """
    with _ending_signals(), suppress(AskedToEnd):
        with Progress(quiet) as progress:
            progress.step("preparing the system …")
            system = prepare(paths)
        try:
            _live(system, when_healthy, quiet)
        finally:
            with _ignoring_signals():
                stop(paths)


def _live(system: System, when_healthy: Callable[[System], None], quiet: bool) -> None:
    supervisor = foreground_supervisor(system)
    try:
        with Progress(quiet) as progress:

            def look(now: Status) -> None:
                progress.report(now)
                _require_alive(supervisor, system.paths)

            await_healthy(system.paths, system.node, look)
        when_healthy(system)
        supervisor.wait()
    finally:
        with _ignoring_signals():
            say_goodbye(system.paths)
            _end(supervisor)


def _require_alive(supervisor: subprocess.Popen[bytes], paths: SystemPaths) -> None:
    if supervisor.poll() is not None:
        raise Refused("supervisor", f"ended before the components were healthy; see {paths.logs}/supervisor.log.")


def _end(supervisor: subprocess.Popen[bytes]) -> None:
    supervisor.terminate()
    supervisor.wait()


@contextmanager
def _ending_signals() -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> None:
        raise AskedToEnd

    with _handling(end):
        yield


@contextmanager
def _ignoring_signals() -> Iterator[None]:
    with _handling(signal.SIG_IGN):
        yield


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> Iterator[None]:
    before = [(number, signal.signal(number, handler)) for number in ENDING]
    try:
        yield
    finally:
        for number, old in before:
            signal.signal(number, old)
