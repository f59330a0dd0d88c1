"""When a component counts as hung: never because it is slow, always when it is stopped or dead to the world."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from tests.supervision.installation import until

from carillon.supervision.leftovers import RECORD
from carillon.supervision.restarts import guard_watchdog
from carillon.system.pulse import NAME as PULSE
from carillon.system.pulse import beat
from carillon.watchdog import daemon
from carillon.watchdog.judgement import BOOT_S, BUSY_S, SILENT_LOOKS, STOPPED_LOOKS, Look, Watch, judge
from carillon.watchdog.notes import Note
from carillon.watchdog.processes import ProcessGroup, process_groups, with_waiting
from carillon.watchdog.questions import PATIENT
from carillon.watchdog.settings import Settings

GROUP = 7


def after(*looks: Look) -> Watch:
    watch = Watch()
    for look in looks:
        watch = judge(watch, look)
    return watch


def well(at: float = 0.0, cpu_s: float = 0.0) -> Look:
    return Look(at, True, GROUP, ProcessGroup(cpu_s=cpu_s))


def silent(ats: Sequence[float], cpu_s: float = 0.0, at_work: bool = False, group: int = GROUP) -> list[Look]:
    """Looks at these times; `cpu_s` seconds are used between two of them."""
    return [Look(at, False, group, ProcessGroup(cpu_s=n * cpu_s, at_work=at_work)) for n, at in enumerate(ats, 1)]


def stopped(at: float, *pids: int) -> Look:
    return Look(at, True, GROUP, ProcessGroup(frozenset(pids)))


def test_one_lost_answer_is_nothing() -> None:
    watch = after(well(), *silent([1, 2]))
    assert not watch.hung
    assert watch.suspicious
    assert not judge(watch, well(3)).suspicious


def test_silent_and_idle_is_hung() -> None:
    assert after(well(), *silent(range(1, SILENT_LOOKS + 1))).hung == f"{SILENT_LOOKS} questions unanswered"


@pytest.mark.parametrize("work", [{"cpu_s": 1.0}, {"cpu_s": 0.2}, {"at_work": True}])
def test_slow_under_load_is_not_hung(work: dict[str, float]) -> None:
    looks = silent(range(1, int(BUSY_S)), cpu_s=work.get("cpu_s", 0.0), at_work=bool(work.get("at_work")))
    assert not after(well(), *looks).hung


def test_one_that_the_others_leave_no_processor_is_slow_and_not_hung(tmp_path: Path) -> None:
    """Its main thread sleeps, as of all with threads; another one has work, and waits for a processor."""
    for thread, waited_ns in (("12", 0), ("13", 700_000_000)):
        (tmp_path / "12" / "task" / thread).mkdir(parents=True)
        (tmp_path / "12" / "task" / thread / "schedstat").write_text(f"1000 {waited_ns} 5\n")
    waiting = with_waiting(ProcessGroup(pids=frozenset({12, 14})), tmp_path)
    assert waiting.waited_s == 0.7
    looks = [
        replace(each, processes=replace(waiting, waited_s=each.at * waiting.waited_s)) for each in silent(range(9))
    ]
    assert not after(well(), *looks).hung
    idle = [replace(each, processes=waiting) for each in silent(range(9))]
    assert after(well(), *idle).hung


def test_kamailio_that_waits_for_the_media_relay_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds it up is ended; Kamailio is, when it stays silent afterwards."""
    silent_ones = {"rtpengine": lambda told: False, "kamailio": lambda told: False}
    monkeypatch.setattr(daemon, "QUESTIONS", silent_ones)
    ended: list[str] = []
    settings = Settings(tmp_path, "127.0.0.1", 0, "127.0.0.1", 0, 0, 0, 0)
    waits = [sys.executable, "-c", "print(flush=True); input()"]
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        children = {}
        for name in (*silent_ones, "watchdog"):
            (tmp_path / name).mkdir()
            child = subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
            children[name] = stack.enter_context(child)
            stack.callback(child.kill)
            assert child.stdout is not None
            child.stdout.readline()
            (tmp_path / name / RECORD).write_text(f"{child.pid}\n")
        watchdog = daemon.Watchdog(settings, lambda run, group: ended.append(run.name))
        for name in silent_ones:
            watchdog.watches[name] = Watch(children[name].pid, answered_once=True)
        for _ in range(SILENT_LOOKS):
            watchdog.look(pool)
        assert ended == ["rtpengine"]
        (tmp_path / "rtpengine" / RECORD).unlink()
        for _ in range(SILENT_LOOKS):
            watchdog.look(pool)
        assert ended == ["rtpengine", "kamailio"]


def test_busy_for_ever_is_hung() -> None:
    assert "busy" in after(well(), *silent(range(1, int(BUSY_S) + 2), cpu_s=1.0)).hung


def test_a_component_has_time_to_start() -> None:
    assert not after(*silent(range(1, int(BOOT_S)))).hung
    assert "since it was started" in after(*silent(range(1, int(BOOT_S) + 3))).hung


def test_a_database_may_wait_for_others_as_long_as_it_takes() -> None:
    """Once it has greeted, it is judged like everybody; and a process that is stopped is stopped."""

    def judged(*looks: Look) -> Watch:
        watch = Watch()
        for look in looks:
            watch = judge(watch, look, PATIENT["database"])
        return watch

    waiting = silent(range(1, int(10 * BOOT_S)))
    assert not judged(*waiting).hung
    assert judged(*waiting, well(1000), *silent(range(1001, 1001 + SILENT_LOOKS))).hung
    assert judged(*waiting, *(stopped(1000 + n, 12) for n in range(STOPPED_LOOKS))).hung == "process 12 is stopped"


def test_a_restart_is_a_new_beginning() -> None:
    assert not after(well(), *silent([1, 2]), *silent([3, 4, 5, 6], group=GROUP + 1)).hung


def test_one_stopped_process_is_enough_however_well_the_others_answer() -> None:
    assert after(well(), *(stopped(n, 12) for n in range(STOPPED_LOOKS))).hung == "process 12 is stopped"


def test_a_process_that_was_stopped_for_a_moment_is_not_hung() -> None:
    assert not after(well(), stopped(1, 12), well(2), stopped(3, 12)).hung
    assert not after(well(), stopped(1, 12), stopped(2, 13)).hung


def test_stopped_processes_are_found() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as child:
        os.kill(child.pid, signal.SIGSTOP)
        until(lambda: child.pid in process_groups([child.pid])[child.pid].stopped, "it is stopped")
        os.kill(child.pid, signal.SIGCONT)
        until(lambda: not process_groups([child.pid])[child.pid].stopped, "it goes on")
        child.kill()


def test_threads_of_the_kernel_are_no_component() -> None:
    """Group 0 is theirs, and what a component without processes has."""
    assert process_groups([0]) == {}


def test_processes_of_other_groups_are_passed_by() -> None:
    assert set(process_groups([os.getpgrp(), 0])) == {os.getpgrp()}


def test_a_watchdog_that_hangs_is_ended(tmp_path: Path) -> None:
    waits = [sys.executable, "-c", "input()", str(tmp_path)]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, start_new_session=True) as child:
        (tmp_path / RECORD).write_text(f"{child.pid}\n")
        guard_watchdog(tmp_path)
        beat(tmp_path / PULSE)
        guard_watchdog(tmp_path)
        assert child.poll() is None
        os.utime(tmp_path / PULSE, (0, 0))
        os.kill(child.pid, signal.SIGSTOP)
        guard_watchdog(tmp_path)
        assert child.wait(10) == -signal.SIGKILL


def test_what_people_are_told() -> None:
    assert "no answer since NOON" in Note("NOON").words
    assert Note("NOON", "it sleeps", "1 PM").words == "hangs since NOON (it sleeps); killed, and being started again"
    assert Note("NOON", "it sleeps", "1 PM", "2 PM").words == "it hung at NOON (it sleeps)"
