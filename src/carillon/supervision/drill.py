"""Drills on a live system: one component or the whole node ends as a crash would end it, and what people notice."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from carillon.calls.ami import NoAnswer
from carillon.calls.here import calls_here
from carillon.confgen.asterisk.manager import MANAGER_USER, door
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.stores.ports import StoreDown
from carillon.supervision.leftovers import kill, leftovers
from carillon.supervision.registered import registered
from carillon.supervision.sipprobe import answers_options
from carillon.supervision.status import Status, status
from carillon.supervision.stop import remove_run
from carillon.supervision.supervisor import supervisor_pid
from carillon.system.paths import SystemPaths

PATIENCE_S = 90.0
STEP_S = 0.1
ASK_S = 1.0
SLOW_S = 0.3
"""A question that waits for so long was asked of nobody at first: what is started takes it up when it is ready."""
GONE_S = 5.0


@dataclass(frozen=True, slots=True)
class Running:
    """What a node has now: None where nobody can say."""

    calls: int | None
    registrations: int | None


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a drill showed. Seconds since its beginning; None when it wasn't so within the patience.

    `silent_s`: the longest time in which phones got no answer; 0 when they always got one at once.
    """

    what: str
    silent_s: float | None
    healthy_s: float | None
    before: Running
    after: Running

    @property
    def row(self) -> dict[str, object]:
        """The form that people and programs read."""
        return {
            "drill": self.what,
            "phones_unanswered_s": self.silent_s,
            "healthy_after_s": self.healthy_s,
            "calls_before": self.before.calls,
            "calls_after": self.after.calls,
            "registrations_before": self.before.registrations,
            "registrations_after": self.after.registrations,
        }


def require_healthy(paths: SystemPaths, node: Node) -> Status:
    """A drill on an ill system would tell nothing, and may be the last straw. Raises `Refused`."""
    now = status(paths, node)
    sick = next((one for one in now.components if not one.healthy), None)
    if sick is not None:
        raise Refused(sick.name, f"isn't healthy ({sick.problem}); a drill begins on a healthy system.")
    return now


def running(paths: SystemPaths, node: Node) -> Running:
    """How many calls are up on this node, and how many registrations it knows."""
    calls = registrations = None
    own = door(node, MANAGER_USER, paths)
    with suppress(NoAnswer), calls_here(own, paths.kamailio_rpc) as here:
        calls = len(here.live_calls())
    with suppress(StoreDown):
        registrations = len(registered(paths))
    return Running(calls, registrations)


def pid_of(now: Status, component: str) -> int:
    """The main process of a component. Raises `Refused` for one that doesn't run here."""
    names = [one.name for one in now.components]
    found = next((one.pid for one in now.components if one.name == component), None)
    if found is None:
        raise Refused("component", f"{component} doesn't run on this node; one of {', '.join(names)} does.")
    return found


def end_component(paths: SystemPaths, node: Node, component: str, *, hang: bool = False) -> Noticed:
    """Kill all processes of a component, or stop them, and watch until all is healthy again. Raises `Refused`."""
    old, before = pid_of(require_healthy(paths, node), component), running(paths, node)
    os.killpg(os.getpgid(old), signal.SIGSTOP if hang else signal.SIGKILL)

    def is_back() -> bool:
        rows = {one.name: one for one in status(paths, node).components}
        return rows[component].pid not in (None, old) and all(one.healthy for one in rows.values())

    silent, healthy = _watched(node, is_back)
    return Noticed(f"{component} {'hangs' if hang else 'killed'}", silent, healthy, before, running(paths, node))


def end_node(paths: SystemPaths, node: Node) -> Running:
    """Kill everything of this node at once, as a power cut would; what it had before. Raises `Refused`."""
    require_healthy(paths, node)
    before = running(paths, node)
    pid = supervisor_pid(paths.supervisor_socket)
    if pid is None:
        raise Refused("dir", "isn't running; `carillon up` starts it.")
    supervisor = psutil.Process(pid)
    below = supervisor.children(recursive=True)
    supervisor.suspend()  # or it would start anew what dies before it
    rest = [each for run in paths.run.iterdir() if run.is_dir() for each in leftovers(run)]
    kill([*below, *rest, supervisor])
    psutil.wait_procs([*below, *rest, supervisor], timeout=GONE_S)
    remove_run(paths)
    return before


def _watched(node: Node, is_back: Callable[[], bool]) -> tuple[float | None, float | None]:
    """Until all is well: the longest silence that phones heard, and how long it took; None for what never was so."""
    began, heard = time.monotonic(), _Phone(node)
    with heard:
        while time.monotonic() - began < PATIENCE_S:
            if is_back():
                return heard.silent_s(), round(time.monotonic() - began, 1)
            time.sleep(STEP_S)
    return heard.silent_s(), None


class _Phone:
    """Asks Kamailio all the time, as a phone would, and remembers the longest time without an answer."""

    def __init__(self, node: Node) -> None:
        self._node, self._over = node, threading.Event()
        self._answered, self._longest, self._in_vain = time.monotonic(), 0.0, False
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def silent_s(self) -> float | None:
        """Seconds of the longest silence so far, 0 when every question was answered at once; None when it lasts."""
        return None if self._in_vain else round(self._longest, 1)

    def _ask(self) -> None:
        node = self._node
        while not self._over.is_set():
            asked = time.monotonic()
            if answers_options(node.address, node.sip_port, node.address, ASK_S):
                self._in_vain = True
                self._over.wait(STEP_S)
                continue
            now = time.monotonic()
            if self._in_vain or now - asked > SLOW_S:
                self._longest, self._in_vain = max(self._longest, now - self._answered), False
            self._answered = now
            self._over.wait(STEP_S)
