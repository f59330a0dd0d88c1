"""One process tells watchers at a time, so that their NOTIFYs leave in the order of their numbers."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.synchronize import Event
from pathlib import Path

from carillon.stores.turn import Turn

FOREVER_S = 60.0


def _has_it(path: Path, has: Event, may_end: Event) -> None:
    with Turn(path).taken(FOREVER_S):
        has.set()
        may_end.wait(FOREVER_S)


def _waits_for_it(path: Path, has: Event) -> None:
    with Turn(path).taken(FOREVER_S):
        has.set()


def test_who_comes_second_waits_for_the_first(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    first_has, second_has, may_end = spawn.Event(), spawn.Event(), spawn.Event()
    first = spawn.Process(target=_has_it, args=(tmp_path / "turn", first_has, may_end))
    first.start()
    assert first_has.wait(FOREVER_S)
    second = spawn.Process(target=_waits_for_it, args=(tmp_path / "turn", second_has))
    second.start()
    assert not second_has.wait(0.5)
    may_end.set()
    assert second_has.wait(FOREVER_S)
    for each in (first, second):
        each.join(FOREVER_S)
        assert each.exitcode == 0


def test_a_turn_ends_with_the_process_that_had_it(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    has, may_end = spawn.Event(), spawn.Event()
    first = spawn.Process(target=_has_it, args=(tmp_path / "turn", has, may_end))
    first.start()
    assert has.wait(FOREVER_S)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    with Turn(tmp_path / "turn").taken(FOREVER_S):
        first.join(FOREVER_S)


def test_one_that_hangs_in_its_turn_holds_nobody_for_long(tmp_path: Path) -> None:
    mine, others = Turn(tmp_path / "turn"), Turn(tmp_path / "turn")
    with mine.taken(), others.taken(patience_s=0.01):
        pass
    with mine.taken(FOREVER_S):
        pass
